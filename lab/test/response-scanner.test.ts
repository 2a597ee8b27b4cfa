import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResponseScanner } from '../measure/response-scanner.ts';

const SIZED = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const CHUNKED =
  'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n';
const EMPTY = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

test('responses are counted however the bytes are cut', () => {
  const bytes = Buffer.from(SIZED + CHUNKED + EMPTY + SIZED);
  for (let size = 1; size <= bytes.length; size++) {
    const scanner = new ResponseScanner();
    let done = 0;
    for (let at = 0; at < bytes.length; at += size) done += scanner.push(bytes.subarray(at, at + size));
    assert.equal(done, 4, `in pieces of ${size}`);
  }
});

test('the status is that of the response that ended', () => {
  const scanner = new ResponseScanner();
  assert.equal(scanner.push(Buffer.from(CHUNKED)), 1);
  assert.equal(scanner.status, 404);
});
