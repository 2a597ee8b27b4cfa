import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkForwarding } from '../forwarding.ts';

test('methods, paths and hosts that are what they should be pass', () => {
  checkForwarding({});
  checkForwarding({ method: 'PURGE', path: "/a%20b/c;d=e'(x)@:", host: '[::1]:80' });
  checkForwarding({ path: '/', host: 'api.example:8443' });
});

test('nothing that a plugin says can end a line, or a part of it', () => {
  for (const method of ['', 'GET /', 'GET\r\nX: y', 'a'.repeat(65)])
    assert.throws(() => checkForwarding({ method }), /not a method/);
  for (const path of ['', 'a', '/a b', '/a\r\nX: y', '/a?b', '/a#b', '/\u00e9', '/\u0000', '/\u010a'])
    assert.throws(() => checkForwarding({ path }), /not a path/);
  for (const host of ['', 'a b', 'a\r\nX: y', 'a/b', 'user@a', 'a?b', '\u00e9', 'a'.repeat(262)])
    assert.throws(() => checkForwarding({ host }), /not a host/);
});
