/** Ten thousand routes: the first rows, the filter, the end of the list, all of it with few rows in the document. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeBrowser, gateway, openPage, show, skip } from './browser.ts';

after(closeBrowser);

const ROUTES = 10_000;
const CONFIGURATION = JSON.stringify({
  _format_version: '3.0',
  services: [{ name: 'all', url: 'http://127.0.0.1:9' }],
  routes: Array.from({ length: ROUTES }, (_, i) => ({
    name: `route-${i}`,
    paths: [`/items/${i}`],
    service: 'all',
  })),
});

test('a list of ten thousand routes', { skip }, async (t) => {
  const g = await gateway(t, ['--config', 'kong.json'], { 'kong.json': CONFIGURATION });
  const { page } = await openPage(t, g.admin);
  await show(page, '/routes', 'Routes');
  await page
    .getByRole('link', { name: /^route-/ })
    .first()
    .waitFor();
  await page.getByText('There are more.').waitFor();
  const rendered = () => page.locator('tbody tr[data-index]').count();
  assert.ok((await rendered()) < 100, `${await rendered()} rows are in the document`);
  await page.getByRole('button', { name: 'Load all' }).click();
  await page.getByText('10,000').waitFor();
  assert.ok((await rendered()) < 100);

  // A key press of the filter is answered at once; generous, for machines that are busy.
  await page.getByLabel('Filter', { exact: true }).fill('route-9999');
  await page.getByText('1 of 10,000').waitFor();
  await page.getByRole('link', { name: 'route-9999' }).waitFor();
  await page.getByLabel('Filter', { exact: true }).fill('');
  await page.getByRole('link', { name: 'route-0', exact: true }).waitFor();
  await page.getByRole('link', { name: 'route-0', exact: true }).focus();
  await page.keyboard.press('End');
  await page.getByRole('link', { name: 'route-9999' }).waitFor();
  await page.waitForFunction(() => document.activeElement?.textContent === 'route-9999');
  await page.getByRole('button', { name: 'Name', exact: true }).click();
  await page.getByRole('link', { name: 'route-9999' }).waitFor();
  assert.match(page.url(), /sort=-name/);
});
