/**
 * Every page in both themes, with things on it: nothing that axe calls serious, nothing that the policy forbids, no request to
 * anywhere else, and names that are markup stand there as text. With UPDATE_SCREENSHOTS=1 the pictures of the documents are
 * taken as well.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { fetchFrom } from '../../../test/process/cardinal-process.ts';
import { closeBrowser, gateway, openPage, origin, skip } from './browser.ts';
import { fill, MARKUP, PICTURED } from './example.ts';

after(closeBrowser);

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PICTURES = fileURLToPath(new URL('../../../docs/images/ui/', import.meta.url));
const TAKE_PICTURES = process.env['UPDATE_SCREENSHOTS'] === '1';
const PICTURE_SIZE = { width: 1240, height: 760 };
const LARGEST_PICTURE = 150 * 1024;

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly html: string; readonly target: unknown }[];
  }[];
}

/** Some of it let in, some refused, some for nobody. */
async function someTraffic(proxy: string): Promise<void> {
  const headers = { apikey: 'key-of-ann' };
  for (let i = 0; i < 9; i++) await fetchFrom(proxy, `/orders/${i}`, i % 4 === 3 ? {} : { headers });
  await fetchFrom(proxy, '/nothing');
}

async function findings(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate<AxeResult>(
    `axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })`,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}

for (const theme of ['light', 'dark'] as const) {
  test(`every page, ${theme}`, { skip }, async (t) => {
    const upstream = await origin(t);
    const g = await gateway(t, ['--cluster-listen', '127.0.0.1:0']);
    const pages = await fill(g, upstream.url);
    await someTraffic(g.proxy);
    const { page } = await openPage(t, g.admin, { theme, ...PICTURE_SIZE });
    await page.evaluate(AXE);
    if (TAKE_PICTURES) mkdirSync(PICTURES, { recursive: true });
    const found = new Map<string, string>();
    for (const { name, address, heading, wait } of pages) {
      await page.evaluate((hash) => {
        location.hash = hash;
      }, address);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      if (name === 'live') {
        await page.getByText('Watching').waitFor();
        await someTraffic(g.proxy);
      }
      if (wait !== undefined) await page.getByText(wait).first().waitFor();
      await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
      for (const finding of await findings(page)) if (!found.has(finding)) found.set(finding, address);
      assert.equal(await page.evaluate(() => 'pwned' in window), false, address);
      if (TAKE_PICTURES && PICTURED.has(name)) {
        const path = `${PICTURES}${name}-${theme}.png`;
        await page.screenshot({ path });
        assert.ok(statSync(path).size < LARGEST_PICTURE, `${path} has ${statSync(path).size} bytes`);
      }
    }
    assert.deepEqual([...found], []);
    // Names are shown as they are.
    await page.evaluate(() => {
      location.hash = '/consumers';
    });
    await page.getByRole('link', { name: MARKUP, exact: true }).waitFor();
  });
}
