/** What the fuzzer and the proxy's tests have found, each in its smallest form. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestReader, read } from '../fuzz/ours.ts';
import { refusalOf } from '../refusals.ts';
import { DEFAULT_HEAD_LIMITS, RequestHead } from '../request-head.ts';

/** The head after it has been parsed once with its last octet missing, as it happens when it comes in two reads. */
function parseInTwo(text: string): { head: RequestHead; result: number; octets: string } {
  const octets = Buffer.from(text, 'latin1');
  const head = new RequestHead();
  assert.equal(head.parse(octets, 0, octets.length - 1, DEFAULT_HEAD_LIMITS), 0);
  const result = head.parse(octets, 0, octets.length, DEFAULT_HEAD_LIMITS);
  return { head, result, octets: octets.toString('latin1') };
}

test('looking at Content_Length does not turn it into Content-Length for the next look', () => {
  const text = 'GET / HTTP/1.1\r\nHost: a\r\nContent_Length: 5\r\n\r\n';
  const { head, result, octets } = parseInTwo(text);
  assert.equal(octets, text, 'the octets are as they came');
  assert.equal(result, text.length, result < 0 ? refusalOf(result).reason : '');
  assert.equal(head.contentLength, 0);
  assert.equal(head.lines.has('content-length'), false);
  assert.equal(head.lines.size, 1);
});

test('Content_Length in pieces smuggles nothing', () => {
  const octets = Buffer.from(
    'POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 30\r\n\r\nGET /two HTTP/1.1\r\nHost: b\r\n\r\n',
  );
  const starts = (cuts: readonly number[]): string[] =>
    read(new RequestReader(), octets, cuts).messages.map((message) => message.start);
  for (let cut = 1; cut < octets.length; cut++)
    assert.deepEqual(starts([cut]), ['POST /', 'GET /two'], `cut at ${cut}`);
});

test('NBSP is not white space around connection options, codings and TE', () => {
  const parse = (lines: string): number => {
    const octets = Buffer.from(`POST / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`, 'latin1');
    return new RequestHead().parse(octets, 0, octets.length, DEFAULT_HEAD_LIMITS);
  };
  assert.equal(refusalOf(parse('Transfer-Encoding: chunked\xa0\r\n')).reason, 'transfer_encoding_invalid');
  assert.equal(refusalOf(parse('Connection: close,\xa0x\r\n')).reason, 'field_value_invalid');
});

test('the number of connection options is bounded, over all lines together', () => {
  const parse = (lines: string): number => {
    const octets = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`, 'latin1');
    return new RequestHead().parse(octets, 0, octets.length, DEFAULT_HEAD_LIMITS);
  };
  assert.ok(parse(`Connection: ${'a,'.repeat(31)}a\r\n`) > 0);
  assert.equal(refusalOf(parse(`Connection: ${'a,'.repeat(32)}a\r\n`)).reason, 'too_many_connection_options');
  assert.equal(refusalOf(parse('Connection: a,b\r\n'.repeat(17))).reason, 'too_many_connection_options');
});
