/** Response heads on their own: framing by method and status, Connection, Keep-Alive (RFC 9112 6.3, 9). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalOf } from '../refusals.ts';
import { Framing } from '../request-head.ts';
import { ResponseHead } from '../response-head.ts';

const LIMITS = { maxHeadBytes: 1000, maxFields: 10 };

function parse(text: string, method = 'GET'): { head: ResponseHead; result: number } {
  const octets = Buffer.from(text, 'latin1');
  const head = new ResponseHead();
  return { head, result: head.parse(octets, 0, octets.length, method, LIMITS) };
}

function read(text: string, method = 'GET'): ResponseHead {
  const { head, result } = parse(text, method);
  assert.equal(result, text.length, result < 0 ? refusalOf(result).reason : 'not complete');
  return head;
}

test('framing follows method, status and fields', () => {
  for (const [status, lines, method, framing, length, declared, keepAlive] of [
    ['200', 'Content-Length: 5\r\n', 'GET', Framing.length, 5, 5, true],
    ['200', 'Content-Length: 0\r\n', 'GET', Framing.none, 0, 0, true],
    ['200', 'Transfer-Encoding: chunked\r\n', 'GET', Framing.chunked, 0, -1, true],
    ['200', '', 'GET', Framing.untilClose, 0, -1, false],
    ['200', 'Content-Length: 5\r\n', 'HEAD', Framing.none, 0, 5, true],
    ['200', '', 'HEAD', Framing.none, 0, -1, true],
    ['204', 'Content-Length: 5\r\n', 'GET', Framing.none, 0, 5, true],
    ['304', 'Content-Length: 5\r\n', 'GET', Framing.none, 0, 5, true],
    ['103', '', 'GET', Framing.none, 0, -1, true],
  ] as const) {
    const head = read(`HTTP/1.1 ${status} X\r\n${lines}\r\n`, method);
    assert.deepEqual(
      [head.framing, head.contentLength, head.declaredLength, head.keepAlive],
      [framing, length, declared, keepAlive],
      `${method} ${status} ${lines}`,
    );
  }
});

test('an object that is used again keeps nothing of the response before', () => {
  const head = new ResponseHead();
  for (const text of [
    'HTTP/1.1 200 OK\r\nConnection: close, upgrade\r\nUpgrade: x\r\nKeep-Alive: timeout=5\r\nContent-Length: 7\r\n\r\n',
    'HTTP/1.1 204\r\n\r\n',
  ]) {
    const octets = Buffer.from(text);
    assert.equal(head.parse(octets, 0, octets.length, 'GET', LIMITS), octets.length);
  }
  assert.deepEqual(
    [
      head.status,
      head.reason,
      head.keepAlive,
      head.upgrade,
      head.keepAliveTimeout,
      head.declaredLength,
      head.lines.size,
    ],
    [204, '', true, undefined, -1, -1, 0],
  );
});

test('connections are kept as version and Connection say', () => {
  const kept = (version: string, lines: string): boolean =>
    read(`HTTP/${version} 200 OK\r\nContent-Length: 0\r\n${lines}\r\n`).keepAlive;
  assert.equal(kept('1.1', ''), true);
  assert.equal(kept('1.1', 'Connection: close\r\n'), false);
  assert.equal(kept('1.1', 'Connection: keep-alive\r\nConnection: CLOSE\r\n'), false);
  assert.equal(kept('1.0', ''), false);
  assert.equal(kept('1.0', 'Connection: Keep-Alive\r\n'), true);
  assert.equal(kept('1.0', 'Connection: keep-alive, close\r\n'), false);
});

test('Keep-Alive says how long, in whatever company', () => {
  for (const [value, seconds] of [
    ['timeout=5', 5],
    ['max=100, timeout=15', 15],
    ['Timeout=7, max=1', 7],
    ['xtimeout=5', -1],
    ['timeout=', -1],
    ['timeout=-1', -1],
  ] as const) {
    const head = read(`HTTP/1.1 200 OK\r\nKeep-Alive: ${value}\r\nContent-Length: 0\r\n\r\n`);
    assert.equal(head.keepAliveTimeout, seconds, value);
  }
});

test('nothing is decided before the head is complete, and every part of it is waited for', () => {
  const text = 'HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nX: 1\r\n\r\n';
  for (let length = 0; length < text.length; length++)
    assert.equal(parse(text.slice(0, length)).result, 0, String(length));
  assert.equal(parse(`${text}ok`).result, text.length);
});

test('the reason is octets, tabs and spaces', () => {
  assert.equal(read('HTTP/1.1 200 a\tb \xe9\r\nContent-Length: 0\r\n\r\n').reason, 'a\tb \xe9');
  assert.equal(read('HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n').reason, '');
  for (const reason of ['a\0', 'a\x1b', 'a\x7f', 'a\nb']) {
    const { result } = parse(`HTTP/1.1 200 ${reason}\r\n\r\n`);
    assert.equal(refusalOf(result).reason, 'status_line_malformed');
  }
});
