/** From nothing to served, limited and gone again, by keyboard alone, against a real gateway. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { eventually, fetchFrom } from '../../../test/process/cardinal-process.ts';
import { closeBrowser, freePort, gateway, openPage, origin, skip, tabTo } from './browser.ts';

after(closeBrowser);

test('create, see the first request, limit it, delete it: without a mouse', { skip }, async (t) => {
  const upstream = await origin(t);
  const port = await freePort();
  const g = await gateway(t, ['--proxy-listen', `127.0.0.1:${port}`]);
  const { page } = await openPage(t, g.admin);
  const { keyboard } = page;
  const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor();
  await heading('Live');

  // g s: the services; n: a new one.
  await keyboard.press('g');
  await keyboard.press('s');
  await heading('Services');
  await page.getByText('No services yet').waitFor();
  await keyboard.press('n');
  await heading('New service');
  await tabTo(page, 'URL');
  await keyboard.type(upstream.url);
  await tabTo(page, 'Name');
  await keyboard.type('orders');
  await tabTo(page, 'Paths');
  await keyboard.type('/orders');
  await keyboard.press('Enter');
  await tabTo(page, 'Requests a minute');
  await keyboard.type('100');
  await page.getByText('this one').waitFor();
  await tabTo(page, 'Create all');
  await keyboard.press('Enter');
  await heading('orders is there');
  await page.getByText('Waiting for it').waitFor();
  assert.match(
    (await page.locator('pre').textContent()) ?? '',
    new RegExp(`^curl -i http://127.0.0.1:${port}/orders$`),
  );
  assert.equal((await fetchFrom(g.proxy, '/orders')).status, 200);
  await page.getByText('The first request has come.').waitFor();
  assert.deepEqual(upstream.asked, ['GET /']);

  // Its limit becomes 2: the change is shown, then sent, and nothing else is.
  await keyboard.press('g');
  await keyboard.press('p');
  await heading('Plugins');
  await page.getByRole('link', { name: 'rate-limiting' }).waitFor();
  await keyboard.press('j');
  await keyboard.press('Enter');
  await heading(/rate-limiting/);
  await keyboard.press('e');
  await page.getByLabel('Minute', { exact: true }).waitFor();
  await tabTo(page, 'Minute');
  await keyboard.press('Control+A');
  await keyboard.type('2');
  await keyboard.press('Control+S');
  await page.getByRole('dialog').getByText('Save 1 change?').waitFor();
  await page.getByRole('dialog').getByRole('cell', { name: '100' }).waitFor();
  const [request] = await Promise.all([
    page.waitForRequest((one) => one.method() === 'PATCH'),
    keyboard.press('Enter'),
  ]);
  assert.deepEqual(request.postDataJSON(), { config: { minute: 2 } });
  await page.getByRole('status').getByText('Saved the plugin').waitFor();
  await eventually(
    () => fetchFrom(g.proxy, '/orders'),
    ({ status }) => status === 429,
  );

  // Deleting the service says what goes with it, and asks for the number.
  // The focus is back in the field, where letters are text: the palette works everywhere.
  await keyboard.press('Control+K');
  await page.getByRole('combobox', { name: 'Search and commands' }).waitFor();
  await keyboard.type('Services');
  await keyboard.press('Enter');
  await heading('Services');
  await page.getByRole('link', { name: 'orders' }).waitFor();
  await keyboard.press('j');
  await tabTo(page, 'Actions');
  await keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Delete …' }).waitFor();
  await keyboard.press('End');
  await keyboard.press('Enter');
  await page.getByRole('dialog').getByText('1 route').waitFor();
  await tabTo(page, 'Type 2 to delete 2 entities');
  await keyboard.type('2');
  await tabTo(page, 'Delete');
  await keyboard.press('Enter');
  await page.getByText('No services yet').waitFor();
  await eventually(
    () => fetchFrom(g.proxy, '/orders'),
    ({ status }) => status === 404,
  );
  assert.deepEqual((await g.ask<{ data: unknown[] }>('GET', '/plugins')).data, []);
});

test('the palette finds entities by what they are called; the skip link comes first; the drawer on a narrow page', {
  skip,
}, async (t) => {
  const g = await gateway(t);
  await g.ask('POST', '/services', { name: 'payments', url: 'http://payments.internal' });
  const { page } = await openPage(t, g.admin);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1');

  await page.keyboard.press('Control+K');
  await page.getByRole('combobox').waitFor();
  await page.keyboard.type('payments.int');
  await page.getByRole('option', { name: /payments/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'payments' }).waitFor();
  assert.match(await page.title(), /^payments · service · Cardinal$/);

  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });

  await page.setViewportSize({ width: 320, height: 640 });
  await page.getByRole('button', { name: 'Pages' }).click();
  await page.getByRole('dialog').getByRole('link', { name: 'Routes' }).click();
  await page.getByRole('heading', { level: 1, name: 'Routes' }).waitFor();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `the page is ${overflow} px wider than the window`);
});
