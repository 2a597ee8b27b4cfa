/**
 * A browser that is there already, driven against a real gateway. Every page watches itself: what the policy forbids, requests
 * to anywhere else, and errors that nobody caught fail the test.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createSocketServer } from 'node:net';
import type { TestContext } from 'node:test';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { fetchFrom, folder, serve } from '../../../test/process/cardinal-process.ts';
import { built } from './built.ts';

const CHROMIUM = '/usr/bin/chromium';
export const skip = existsSync(CHROMIUM) ? false : 'there is no chromium here';
const WAIT_MS = 10_000;
const GATEWAY_LIMIT_MS = 110_000;

export interface Gateway {
  /** Of the Admin API: `http://127.0.0.1:1234`. */
  readonly admin: string;
  readonly proxy: string;
  readonly child: Awaited<ReturnType<typeof serve>>['process']['child'];
  /** Asks the Admin API beside the page; fails on an error unless it is expected. */
  ask<T = Record<string, unknown>>(method: string, path: string, body?: unknown, status?: number): Promise<T>;
}

/** `args` further ones; ports are free ones unless they name others. */
export async function gateway(
  t: TestContext,
  args: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
): Promise<Gateway> {
  await built();
  const cwd = await folder(t, files);
  const listen = ['--admin-ui', '--status-listen', 'off', '--workers', '1'];
  const ports = ['proxy', 'admin'].flatMap((name) =>
    args.includes(`--${name}-listen`) ? [] : [`--${name}-listen`, '127.0.0.1:0'],
  );
  const { process, ready } = await serve(t, ['gateway', ...listen, ...ports, ...args], {
    cwd,
    limitMs: GATEWAY_LIMIT_MS,
  });
  const address = (name: string) => (ready[name] as string[])[0] as string;
  const admin = address('admin');
  return {
    admin: `http://${admin}`,
    proxy: address('proxy'),
    child: process.child,
    async ask(method, path, body, status) {
      const answer = await fetchFrom(admin, path, {
        method,
        ...(body === undefined
          ? {}
          : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
      });
      if (status === undefined)
        assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
      else assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
      return answer.json;
    },
  };
}

let browser: Promise<Browser> | undefined;

/** One browser for the tests of a file; each gets a window of its own. */
export async function openPage(
  t: TestContext,
  origin: string,
  options: {
    readonly theme?: 'light' | 'dark';
    readonly width?: number;
    readonly height?: number;
    readonly path?: string;
  } = {},
): Promise<{ page: Page; context: BrowserContext; problems: string[] }> {
  browser ??= chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--force-color-profile=srgb'],
  });
  const { theme = 'light', width = 1360, height = 860, path = '/ui/' } = options;
  const context = await (await browser).newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  context.setDefaultTimeout(WAIT_MS);
  const problems: string[] = [];
  const page = await context.newPage();
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    if (/Content Security Policy|Content-Security-Policy/i.test(text)) problems.push(`policy: ${text}`);
    else if (message.type() === 'error' && !/Failed to load resource/.test(text))
      problems.push(`console: ${text}`);
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== 'data:' && url.protocol !== 'blob:')
      problems.push(`foreign request: ${url.href}`);
  });
  page.on('dialog', (dialog) => {
    problems.push(`a dialog of the browser: ${dialog.message()}`);
    void dialog.accept();
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(problems, []);
  });
  await page.goto(`${origin}${path}`);
  return { page, context, problems };
}

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

/** Shows the page of an address in the fragment, and waits for its title. */
export async function show(page: Page, address: string, heading: string | RegExp): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, address);
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
}

/** Presses Tab until the focus is on what has this accessible name: nothing else that a keyboard could not do. */
export async function tabTo(
  page: Page,
  name: string | RegExp,
  { most = 80, back = false } = {},
): Promise<void> {
  const seen: string[] = [];
  for (let i = 0; i < most; i++) {
    const found = await page.evaluate(() => {
      const element = document.activeElement;
      if (!(element instanceof HTMLElement)) return '';
      const labelled = element.getAttribute('aria-label');
      if (labelled !== null) return labelled;
      const label = (element as HTMLInputElement).labels?.[0];
      return (label ?? element).textContent?.trim() ?? '';
    });
    if (typeof name === 'string' ? found === name || found === `${name}required` : name.test(found)) return;
    seen.push(found.slice(0, 30));
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
  }
  throw new Error(`Tab does not lead to ${name}: ${seen.join(' | ')}`);
}

/** A service that answers 200, and what it was asked. */
export async function origin(t: TestContext): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createSocketServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
