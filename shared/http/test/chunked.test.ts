/** The chunked decoder: every message cut at every octet, every refusal, and its bounds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkedDecoder } from '../chunked.ts';
import { SKIP_NONE } from '../field-lines.ts';
import { refusalOf } from '../refusals.ts';

const LIMITS = { maxHeadBytes: 200, maxFields: 5 };

interface Decoded {
  data: string;
  trailers: string;
  /** Offset behind the body, -1 while it is not complete. */
  end: number;
  refused: string;
}

function decode(text: string, cuts: readonly number[], decoder = new ChunkedDecoder()): Decoded {
  const octets = Buffer.from(text, 'latin1');
  const out: Decoded = { data: '', trailers: '', end: -1, refused: '' };
  let from = 0;
  for (const cut of [...cuts, octets.length]) {
    // Each piece in memory of its own, as reads come.
    const piece = Buffer.from(octets.subarray(from, cut));
    const after = decoder.decode(piece, 0, piece.length, LIMITS, (a, b) => {
      out.data += piece.toString('latin1', a, b);
    });
    if (after < 0) {
      out.refused = refusalOf(after).reason;
      return out;
    }
    if (decoder.done) {
      out.end = from + after;
      out.trailers = decoder.trailers.serialise(SKIP_NONE);
      return out;
    }
    assert.equal(after, piece.length, 'everything is consumed while the body is not complete');
    from = cut;
  }
  return out;
}

const COMPLETE: readonly (readonly [text: string, data: string, trailers: string])[] = [
  ['0\r\n\r\n', '', ''],
  ['5\r\nhello\r\n0\r\n\r\n', 'hello', ''],
  ['A\r\n0123456789\r\n00\r\n\r\n', '0123456789', ''],
  ['2\r\n\r\n\r\n1\r\n0\r\n0\r\n\r\n', '\r\n0', ''],
  ['0000000000005\r\nhello\r\n0\r\n\r\n', 'hello', ''],
  ['1;a\r\nx\r\n1;a=b;c\r\ny\r\n1;a="b\\"\r;\xff\\\\"\r\nz\r\n0;last\r\n\r\n'.replace('\r;', ';'), 'xyz', ''],
  ['1\r\nx\r\n0\r\nX-One: 1\r\nx-two:2 \r\nHost: dropped\r\n\r\n', 'x', 'X-One: 1\r\nx-two: 2\r\n'],
];

test('complete bodies, cut once and twice at every octet, with the next message behind', () => {
  const behind = 'GET / HTTP/1.1\r\n';
  for (const [text, data, trailers] of COMPLETE) {
    const expected: Decoded = { data, trailers, end: text.length, refused: '' };
    for (let a = 0; a <= text.length; a++) {
      assert.deepEqual(decode(text + behind, [a]), expected, `${JSON.stringify(text)} cut at ${a}`);
      for (let b = a; b <= text.length; b += 3) assert.deepEqual(decode(text + behind, [a, b]), expected);
    }
    const everywhere = Array.from(text, (_, i) => i);
    assert.deepEqual(decode(text + behind, everywhere), expected, 'octet by octet');
  }
});

test('no part of a body is complete, and none is refused', () => {
  for (const [text] of COMPLETE) {
    for (let length = 0; length < text.length; length++) {
      const { end, refused } = decode(text.slice(0, length), []);
      assert.deepEqual({ end, refused }, { end: -1, refused: '' }, JSON.stringify(text.slice(0, length)));
    }
  }
});

test('refusals are the same wherever the body is cut', () => {
  for (const [text, reason] of [
    ['\r\n', 'chunk_size_invalid'],
    ['x\r\n', 'chunk_size_invalid'],
    ['5 \r\n', 'chunk_size_invalid'],
    ['-5\r\n', 'chunk_size_invalid'],
    ['00000000000005\r\n', 'chunk_size_invalid'],
    ['fffffffffffff0\r\n', 'chunk_size_invalid'],
    ['5\n', 'chunk_size_invalid'],
    ['5\r\r', 'chunk_ending_invalid'],
    ['5\r\nhello\n', 'chunk_ending_invalid'],
    ['5\r\nhello\rX', 'chunk_ending_invalid'],
    ['5\r\nhello!', 'chunk_ending_invalid'],
    ['5;\r\n', 'chunk_extension_invalid'],
    ['5; a\r\n', 'chunk_extension_invalid'],
    ['5;a =b\r\n', 'chunk_extension_invalid'],
    ['5;a=\r\n', 'chunk_extension_invalid'],
    ['5;a="b\r\n', 'chunk_extension_invalid'],
    ['5;a="b\\\n"\r\n', 'chunk_extension_invalid'],
    ['5;a="b"x\r\n', 'chunk_extension_invalid'],
    ['5;a=b"\r\n', 'chunk_extension_invalid'],
    ['5;a\n', 'chunk_extension_invalid'],
    ['0\r\nX\r\n\r\n', 'field_name_invalid'],
    ['0\r\nX: a\n\r\n', 'line_ending_invalid'],
    ['0\r\nContent-Length: 1\r\n\r\n', 'trailer_forbidden'],
    ['0\r\nTransfer-Encoding: chunked\r\n\r\n', 'trailer_forbidden'],
    [`0\r\n${'X: 1\r\n'.repeat(6)}\r\n`, 'too_many_fields'],
    [`0\r\nX: ${'a'.repeat(250)}\r\n\r\n`, 'head_too_large'],
  ] as const) {
    for (let cut = 0; cut < text.length; cut++)
      assert.equal(decode(text, [cut]).refused, reason, `${JSON.stringify(text)} cut at ${cut}`);
    assert.equal(
      decode(
        text,
        Array.from(text, (_, i) => i),
      ).refused,
      reason,
    );
  }
});

test('trailers that never end are refused at the limit', () => {
  const decoder = new ChunkedDecoder();
  assert.equal(decode('0\r\nX: ', [], decoder).refused, '');
  let refused = '';
  for (let i = 0; i < 300 && refused === ''; i++) refused = decode('a', [], decoder).refused;
  assert.equal(refused, 'head_too_large');
});

test('extensions are bounded over the whole body', () => {
  const one = `1;${'a'.repeat(1000)}\r\nx\r\n`;
  assert.equal(decode(one.repeat(16), []).refused, '');
  assert.equal(decode(one.repeat(17), []).refused, 'chunk_extensions_too_large');
});

test('a decoder that is reset has forgotten everything', () => {
  const decoder = new ChunkedDecoder();
  assert.equal(decode('0\r\nX: 1\r\n\r\n', [], decoder).trailers, 'X: 1\r\n');
  decoder.reset();
  assert.deepEqual(decode('1\r\ny\r\n0\r\n\r\n', [], decoder), {
    data: 'y',
    trailers: '',
    end: 11,
    refused: '',
  });
  decoder.reset();
  decode('5;a', [], decoder);
  decoder.reset();
  assert.equal(decode('1\r\ny\r\n0\r\n\r\n', [], decoder).data, 'y');
});
