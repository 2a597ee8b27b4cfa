/** Under which names the Admin API answers: raw sockets, because clients do not send what is tested here. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { harness, LOOPBACK, raw } from './harness.ts';

const get = (...headers: string[]) =>
  `GET /x HTTP/1.1\r\n${headers.join('\r\n')}\r\nConnection: close\r\n\r\n`;

test('addresses of this machine, localhost, and what the settings allow', async (t) => {
  const { address } = await harness(t, {
    settings: {
      admin_allowed_hosts: ['Admin.Example.com', '203.0.113.7'],
      admin_listen: [LOOPBACK, { ...LOOPBACK, host: 'cardinal.internal' }],
      admin_insecure: true,
    },
  });
  const port = address.split(':')[1];
  for (const host of [
    address,
    '127.0.0.1',
    '[::1]:8001',
    `localhost:${port}`,
    'LOCALHOST',
    'app.localhost:1',
    'admin.example.com',
    'admin.example.com:8443',
    'cardinal.internal',
    '203.0.113.7:8001',
    '[::ffff:127.0.0.1]',
  ]) {
    assert.equal((await raw(address, get(`Host: ${host}`))).status, 200, host);
  }
  for (const host of [
    'evil.example',
    'evil.example:8001',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '198.51.100.1',
    'notlocalhost',
    'xadmin.example.com',
    '[2001:db8::1]',
  ]) {
    const { status, text } = await raw(address, get(`Host: ${host}`));
    assert.equal(status, 403, host);
    assert.match(text, /the Admin API is not served under the name .*admin_allowed_hosts/, host);
  }
});

test('no Host, several of them, odd ones', async (t) => {
  const { address } = await harness(t);
  for (const lines of [
    [],
    ['Host: localhost', 'Host: localhost'],
    ['Host: localhost', 'host: evil.example'],
    ['Host: localhost, evil.example'],
    ['Host: evil.example@localhost'],
    ['Host: localhost/'],
    ['Host: localhost:'],
    ['Host: localhost:99999'],
    ['Host: localhost.'],
    ['Host: [::1'],
    ['Host: [127.0.0.1]'],
    ['Host: '],
    ['Host: local\thost'],
  ]) {
    assert.equal((await raw(address, get(...lines))).status, 400, lines.join(' | '));
  }
});

test('a request target that names a host of its own is refused', async (t) => {
  const { address } = await harness(t);
  const target = (line: string) =>
    raw(address, `${line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  assert.equal((await target('GET http://evil.example/x')).status, 400);
  assert.equal((await target('GET http://localhost/x')).status, 400);
  assert.equal((await target('OPTIONS *')).status, 200);
});
