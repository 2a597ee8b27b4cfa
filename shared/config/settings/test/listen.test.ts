import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback, parseListen, showListen } from '../listen.ts';

test("Kong's syntax of several addresses with flags", () => {
  assert.deepEqual(
    parseListen('0.0.0.0:8000 reuseport backlog=511, 0.0.0.0:8443 http2 ssl reuseport backlog=16384'),
    [
      { host: '0.0.0.0', port: 8000, ssl: false, backlog: 511 },
      { host: '0.0.0.0', port: 8443, ssl: true, backlog: 16384 },
    ],
  );
  assert.deepEqual(parseListen('[::1]:0'), [{ host: '::1', port: 0, ssl: false, backlog: 16384 }]);
  assert.deepEqual(parseListen('off'), []);
});

test('what cannot be meant is refused with a reason', () => {
  const cases: [string, RegExp][] = [
    ['8000', /'8000' is not HOST:PORT/],
    ['', /is not HOST:PORT/],
    [':8000', /is not HOST:PORT/],
    ['1.2.3.4:70000', /port 70000 is above 65535/],
    ['1.2.3.4:80 sll', /unknown flag 'sll'/],
    ['1.2.3.4:80 proxy_protocol', /'proxy_protocol' is not supported/],
    ['1.2.3.4:80, 1.2.3.4:80', /listed twice/],
    ['1.2.3.4:80,', /is not HOST:PORT/],
    ['1.2.3.4:80 backlog=0', /unknown flag/],
  ];
  for (const [text, message] of cases) assert.throws(() => parseListen(text), message, text);
});

test('two addresses with port 0 are two addresses', () => {
  assert.equal(parseListen('127.0.0.1:0, 127.0.0.1:0').length, 2);
});

test('what is shown can be parsed again', () => {
  for (const text of ['off', '127.0.0.1:8000', '[::]:8443 ssl', '0.0.0.0:1 backlog=5, 0.0.0.0:2']) {
    assert.equal(showListen(parseListen(text)), text);
  }
});

test('loopback is what only this machine reaches', () => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) assert.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.com', '127.0.0.1.example.com'])
    assert.ok(!isLoopback(host), host);
});
