/** What a page is when things are not as they should be: read-only, logged out, lost, in conflict, refused. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { kongFile } from '../../../test/process/cardinal-process.ts';
import { closeBrowser, freePort, gateway, openPage, show, skip } from './browser.ts';

after(closeBrowser);

test('a configuration from a file: it is said why nothing can be saved, and edits are copied', {
  skip,
}, async (t) => {
  const g = await gateway(t, ['--config', 'kong.json'], { 'kong.json': kongFile('orders') });
  const { page, context } = await openPage(t, g.admin);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByText(/The configuration comes from the file .*kong\.json/).waitFor();
  await show(page, '/services', 'Services');
  await page.getByRole('link', { name: 'orders' }).click();
  await page.getByRole('tab', { name: 'Configuration' }).click();
  await page.getByLabel('Path', { exact: true }).fill('/v2');
  await page.getByText('1 field changed').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Save' }).count(), 0);
  await page.getByRole('button', { name: 'Copy YAML' }).click();
  await page.getByText('Copied as kong.yml').waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^_format_version: "3\.0"\nservices:\n {2}- name: orders\n/);
  assert.match(copied, /path: \/v2/);
  // Leaving asks; the test's window says yes.
  page.removeAllListeners('dialog');
  page.once('dialog', (dialog) => void dialog.accept());
  await show(page, '/changes', 'Changes');
  await page.getByText('No history').waitFor();
});

test('a token is asked for, is taken, and ends with the session; a reader cannot save', {
  skip,
}, async (t) => {
  const g = await gateway(t);
  const admin = await g.ask<{ token: string }>('POST', '/_cardinal/tokens', { role: 'admin', name: 'ada' });
  const { page } = await openPage(t, g.admin);
  const dialog = page.getByRole('dialog', { name: 'Log in' });
  await dialog.waitFor();
  await dialog.locator('input').fill('not-a-token');
  await dialog.getByRole('button', { name: 'Log in' }).click();
  await dialog.getByText(/not known/).waitFor();
  await dialog.locator('input').fill(admin.token);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  assert.ok(!page.url().includes(admin.token));
  assert.deepEqual(
    await page.evaluate(() =>
      Object.values({ ...localStorage, ...sessionStorage }).filter((value) => String(value).length > 20),
    ),
    [],
  );

  // A change of the page goes with its csrf.
  await show(page, '/consumers/new', 'New consumer');
  await page.getByLabel('Username').fill('ann');
  await page.getByRole('button', { name: 'Create the consumer' }).click();
  await page.getByRole('heading', { level: 1, name: 'ann' }).waitFor();

  await page.getByRole('button', { name: 'Logged in as ada' }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await dialog.waitFor();
});

test('the gateway goes away and comes back: one banner, nothing is lost, everything is asked anew', {
  skip,
}, async (t) => {
  const port = await freePort();
  const listen = ['--admin-listen', `127.0.0.1:${port}`, '--store', 'sqlite:kept.db'];
  const first = await gateway(t, listen);
  await first.ask('POST', '/services', { name: 'orders', url: 'http://127.0.0.1:9' });
  const { page } = await openPage(t, first.admin);
  await show(page, '/services', 'Services');
  await page.getByRole('link', { name: 'orders' }).waitFor();
  first.child.kill('SIGKILL');
  await page.getByText('The gateway does not answer.').waitFor();
  await page.getByRole('link', { name: 'orders' }).waitFor();
  assert.equal(await page.getByRole('alert').filter({ hasText: 'does not answer' }).count(), 1);
  // It has something else when it is back: the page sees that without being told.
  await gateway(t, ['--admin-listen', `127.0.0.1:${port}`, '--config', 'kong.json'], {
    'kong.json': kongFile('payments'),
  });
  await page.getByText('The gateway does not answer.').waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'payments' }).waitFor();
});

test('somebody else was faster: mine, theirs and base, and only what was chosen is sent', {
  skip,
}, async (t) => {
  const g = await gateway(t);
  const made = await g.ask<{ id: string }>('POST', '/services', {
    name: 'orders',
    url: 'http://a.internal:80',
    retries: 1,
  });
  const { page } = await openPage(t, g.admin);
  await show(page, `/services/${made.id}?tab=configuration`, 'orders');
  await page.getByRole('textbox', { name: 'Host' }).fill('mine.internal');
  await g.ask('PATCH', '/services/orders', { host: 'theirs.internal', retries: 7 });
  await page.getByRole('button', { name: 'Save …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
  const conflict = page.getByRole('dialog', { name: 'Somebody else changed this' });
  await conflict.getByRole('cell', { name: 'a.internal' }).waitFor();
  await conflict.getByRole('cell', { name: 'theirs.internal' }).waitFor();
  await conflict.getByRole('cell', { name: 'mine.internal' }).waitFor();
  const [request] = await Promise.all([
    page.waitForRequest((one) => one.method() === 'PATCH'),
    conflict.getByRole('button', { name: 'Save with these choices' }).click(),
  ]);
  assert.deepEqual(request.postDataJSON(), { host: 'mine.internal' });
  await page.getByText('Saved the service').waitFor();
  const { host, retries } = await g.ask('GET', '/services/orders');
  assert.deepEqual([host, retries], ['mine.internal', 7]);
});

test('what the gateway refuses stands at its field, and the edits stay', { skip }, async (t) => {
  const g = await gateway(t);
  await g.ask('POST', '/services', { name: 'orders', url: 'http://a.internal' });
  const { page } = await openPage(t, g.admin);
  await show(page, '/routes/new', 'New route');
  await page.getByRole('textbox', { name: 'Paths' }).fill('no-slash');
  await page.getByRole('textbox', { name: 'Paths' }).press('Enter');
  await page.getByLabel('Name', { exact: true }).fill('r');
  await page.getByRole('button', { name: 'Create the route' }).click();
  await page.getByText('This cannot be saved yet').waitFor();
  await page
    .getByRole('button', { name: /^Paths/ })
    .first()
    .waitFor();
  assert.equal(await page.getByRole('textbox', { name: 'Paths' }).getAttribute('aria-invalid'), 'true');
  await page.waitForFunction(() => document.activeElement?.id === 'field-paths');
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'r');
  // Mended, it is taken.
  await page.getByRole('button', { name: 'Remove no-slash' }).click();
  await page.getByRole('textbox', { name: 'Paths' }).fill('/ok');
  await page.getByRole('textbox', { name: 'Paths' }).press('Enter');
  await page.getByRole('button', { name: 'Create the route' }).click();
  await page.getByRole('heading', { level: 1, name: 'r' }).waitFor();
});

test('the whole configuration as text: mistakes at their line, what would change, applied as one', {
  skip,
}, async (t) => {
  const g = await gateway(t);
  await g.ask('POST', '/services', { name: 'orders', url: 'http://a.internal' });
  const { page } = await openPage(t, g.admin);
  await show(page, '/changes?tab=editor', 'Changes');
  const editor = page.getByRole('textbox', { name: 'The configuration as YAML' });
  await editor.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('nonsense: 1\n');
  await page
    .getByRole('button', { name: /line \d+/ })
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Discard' }).click();
  await editor.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.insertText('consumers:\n- username: bob\n');
  await page.getByText('1 entity would change').waitFor();
  await page.getByRole('button', { name: 'Apply …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
  await page.getByText('The configuration is in place').waitFor();
  await g.ask('GET', '/consumers/bob');

  await page.getByRole('tab', { name: 'History' }).click();
  await page.getByRole('link', { name: 'Generation 1' }).click();
  await page.getByRole('button', { name: 'Restore …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
  await page.getByText('Generation 1 is served again').waitFor();
  await g.ask('GET', '/consumers/bob', undefined, 404);
});
