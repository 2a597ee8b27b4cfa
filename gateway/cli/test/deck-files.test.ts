/** Files as decK writes them, with what Kong itself does not read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeDeckHeader } from '../sync/deck-header.ts';
import { folder, run, schemas } from './cli.ts';
import { fakeAdminApi } from './fake-admin-api.ts';

const YAML = `_format_version: "3.0"
_info:
  defaults: {}
  select_tags:
  - team-a
  - core
_workspace: default
services:
- name: orders
  host: orders.internal
`;

test('the head is taken out and every line stays where it is', async () => {
  const taken = await takeDeckHeader(YAML);
  assert.deepEqual(taken?.selectTags, ['team-a', 'core']);
  assert.equal(taken?.text.length, YAML.length);
  assert.equal(
    taken?.text.replace(/^ +$/gm, ''),
    YAML.replace(/^_info:\n(?: .*\n)+_workspace.*$/m, '\n\n\n\n\n'),
  );
  const json = JSON.parse((await takeDeckHeader('{"a": 1, "_info": {"select_tags": ["x"]}}'))?.text ?? '');
  assert.deepEqual(json, { a: 1 });
  assert.deepEqual(JSON.parse((await takeDeckHeader('{"_workspace": "default", "a": 1}'))?.text ?? ''), {
    a: 1,
  });
  assert.deepEqual(
    JSON.parse((await takeDeckHeader('{"_info": {}, "_workspace": "default"}'))?.text ?? ''),
    {},
  );
});

test('what says more than is understood stays', async () => {
  for (const text of [
    '_info: {defaults: {service: {retries: 1}}}\n',
    '_info: {select_tags: 1}\n',
    '_workspace: other\n',
    'services: [{name: _info}]\n',
    '_info: [\n',
  ]) {
    assert.equal(await takeDeckHeader(text), undefined, text);
  }
});

test('its tags say what the file is about, and findings name the right line', async (t) => {
  const api = await fakeAdminApi(t, schemas);
  api.insert('services', { name: 'other', host: 'other.internal' });
  const files = await folder(t);
  const file = await files.file('kong.yml', YAML);
  const applied = await run(['apply', file, '--admin-url', api.url]);
  assert.equal(applied.code, 0, applied.err);
  assert.deepEqual(
    api
      .all('services')
      .map(({ name, tags }) => [name, tags])
      .sort(),
    [
      ['orders', ['team-a', 'core']],
      ['other', null],
    ],
  );
  assert.equal((await run(['diff', file, '--admin-url', api.url, '--non-zero-exit-code'])).code, 0);
  const wrong = await run([
    'diff',
    await files.file('wrong.yml', `${YAML}  hst: x\n`),
    '--admin-url',
    api.url,
  ]);
  assert.equal(wrong.code, 65);
  assert.match(wrong.err, /unknown field `hst`/);
  assert.match(wrong.err, /wrong\.yml:11:3\n/);
  const other = await run([
    'diff',
    await files.file('other.yml', '_format_version: "3.0"\n_workspace: other\n'),
    '--admin-url',
    api.url,
  ]);
  assert.equal(other.code, 65);
  assert.match(other.err, /unknown field `_workspace`/);
});
