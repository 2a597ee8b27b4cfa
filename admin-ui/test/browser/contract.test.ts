/** The endpoints of the UI against the running Admin API, and the page below a prefix that a proxy takes away. */
import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { fetchFrom } from '../../../test/process/cardinal-process.ts';
import { ENDPOINTS } from '../../src/api/endpoints.ts';
import { closeBrowser, gateway, openPage, show, skip } from './browser.ts';

after(closeBrowser);

test('every endpoint that the UI asks is there', async (t) => {
  const g = await gateway(t, ['--cluster-listen', '127.0.0.1:0']);
  const { data } = await g.ask<{ data: string[] }>('GET', '/endpoints');
  const known = new Set(data.map((path) => path.replaceAll(/\{[^}]+\}/g, '{}')));
  for (const [name, path] of Object.entries(ENDPOINTS)) {
    if (known.has(path.replaceAll(/\{[^}]+\}/g, '{}'))) continue;
    // Those that are routers of their own say so themselves: what is not there has nothing that is allowed.
    const answer = await fetchFrom(new URL(g.admin).host, path.replaceAll(/\{[^}]+\}/g, '0'), {
      method: 'OPTIONS',
    });
    assert.ok(
      answer.headers['allow'] !== undefined,
      `${name}: ${path} is not an endpoint of the Admin API (${answer.status})`,
    );
  }
});

test('below a prefix that a proxy takes away', { skip }, async (t) => {
  const g = await gateway(t);
  await g.ask('POST', '/services', { name: 'orders', url: 'http://127.0.0.1:9' });
  const admin = new URL(g.admin);
  const PREFIX = '/some/prefix';
  const proxy = createServer((incoming, response) => {
    if (incoming.url?.startsWith(`${PREFIX}/`) !== true) {
      response.statusCode = 404;
      response.end();
      return;
    }
    const outgoing = request(
      {
        host: admin.hostname,
        port: admin.port,
        path: incoming.url.slice(PREFIX.length),
        method: incoming.method,
        headers: incoming.headers,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  const origin = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const { page } = await openPage(t, origin, { path: `${PREFIX}/ui` });
  await page.getByRole('heading', { level: 1 }).waitFor();
  assert.ok(page.url().startsWith(`${origin}${PREFIX}/ui/`), page.url());
  await show(page, '/services', 'Services');
  await page.getByRole('link', { name: 'orders' }).click();
  await page.getByRole('heading', { level: 1, name: 'orders' }).waitFor();
});
