import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestRecord } from '../requests/request-record.ts';
import { RequestRing } from '../requests/request-ring.ts';
import { SecretNames } from '../requests/secret-names.ts';

const record = (id: string, path = '/') => ({ id, path }) as RequestRecord;

test('a ring keeps the newest, within its number and its bytes', () => {
  const ring = new RequestRing(3, 10_000);
  for (const id of ['a', 'b', 'c', 'd']) ring.keep(record(id));
  assert.equal(ring.find('a'), undefined);
  assert.deepEqual(
    ring.newest(2, () => true).map(({ id }) => id),
    ['d', 'c'],
  );
  const small = new RequestRing(100, 1000);
  for (let i = 0; i < 100; i++) small.keep(record(String(i), 'x'.repeat(100)));
  assert.ok(small.bytes <= 1000);
  assert.ok(small.size > 0 && small.size < 5);
  small.keep(record('huge', 'x'.repeat(1000)));
  assert.equal(small.find('huge'), undefined);
});

test('a ring of none keeps none', () => {
  const ring = new RequestRing(0, 1000);
  ring.keep(record('a'));
  assert.equal(ring.size, 0);
});

test('secrets are known by their nature, by their name, and by the configuration', () => {
  const secrets = new SecretNames([
    { config: { key_names: ['X_Customer'] } },
    { config: { uri_param_names: ['who'], cookie_names: ['c'] } },
    { config: { header_names: null } },
  ]);
  for (const name of [
    'Authorization',
    'proxy-authorization',
    'Cookie',
    'set-cookie',
    'apikey',
    'X-Api-Key',
    'api_key',
    'key',
    'access_token',
    'client_secret',
    'X-Amz-Signature',
    'x-customer',
    'X_CUSTOMER',
    'who',
    'password',
    'X-Auth-Token',
  ])
    assert.equal(secrets.has(name), true, name);
  for (const name of [
    'accept',
    'host',
    'x-request-id',
    'user-agent',
    'page',
    'keyword',
    'content-type',
    'via',
  ])
    assert.equal(secrets.has(name), false, name);
});

test('the query of an address is masked wherever it stands, however the name is written', () => {
  const secrets = new SecretNames();
  assert.equal(secrets.query('a=1&%61pikey=2&b&token='), 'a=1&%61pikey=***&b&token=***');
  assert.equal(secrets.value('Location', 'https://a.test/x?code=1&y=2'), 'https://a.test/x?code=***&y=2');
  assert.equal(secrets.value('accept', '*/*'), '*/*');
});
