import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseForwarded, SMALL_BODY, SMALL_BYTES } from '../origin/origin.ts';

test('the small body has the size that published figures were measured with', () => {
  assert.equal(Buffer.byteLength(SMALL_BODY), SMALL_BYTES);
  assert.ok(!SMALL_BODY.includes("'"), 'it stands between quotes in the configuration');
});

test('what the origin saw is read back, with what is missing empty', () => {
  const seen = parseForwarded('host=a=b\nvia=1.1 x\n__proto__=1\nrequests_on_connection=3\n');
  assert.equal(seen.host, 'a=b');
  assert.equal(seen.via, '1.1 x');
  assert.equal(seen['x-forwarded-for'], '');
  assert.equal(seen.requests_on_connection, '3');
});
