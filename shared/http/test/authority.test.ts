/** What is a host, and how it reads (RFC 9110 7.2, RFC 3986 3.2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAuthority } from '../authority.ts';

test('hosts that are read', () => {
  for (const [text, host, port] of [
    ['a', 'a', -1],
    ['Example.COM', 'example.com', -1],
    ['example.com.', 'example.com', -1],
    ['example.com.:80', 'example.com', 80],
    ['a:', 'a', -1],
    ['a:0', 'a', 0],
    ['a:00080', 'a', 80],
    ['a:65535', 'a', 65535],
    ['a_b.c-d~e', 'a_b.c-d~e', -1],
    ['127.0.0.1:8000', '127.0.0.1', 8000],
    ['[::1]', '[::1]', -1],
    ['[2001:DB8::A]:443', '[2001:db8::a]', 443],
    ['[::ffff:192.0.2.1]', '[::ffff:192.0.2.1]', -1],
    ['[1:2:3:4:5:6:7:8]', '[1:2:3:4:5:6:7:8]', -1],
    ['[1:2:3:4:5:6:7::]', '[1:2:3:4:5:6:7::]', -1],
    ['[::]', '[::]', -1],
  ] as const) {
    assert.deepEqual(parseAuthority(text), { host, port }, text);
  }
});

test('hosts that are not', () => {
  for (const text of [
    ...[
      '',
      ' ',
      '.',
      '..',
      '.a',
      'a..b',
      'a...',
      ':80',
      ':',
      'a:b',
      'a:-1',
      'a:+1',
      'a:1 ',
      'a:65536',
      'a:000080',
      'a:80:80',
      'a: 80',
    ],
    ...[
      'a b',
      'a,b',
      'a/b',
      'a@b',
      'a?b',
      'a#b',
      'a\\b',
      'a%41',
      'a;b',
      "a'b",
      'a"b',
      'a(b',
      'a=b',
      'a&b',
      'a*b',
      'a!b',
      'a$b',
      'a+b',
    ],
    ...['\x80', 'a\0', 'a\t', 'é', 'a\u3002b'],
    ...[
      '[',
      ']',
      '[]',
      '[a]',
      '[:]',
      '[:::]',
      '[::1',
      '::1',
      '[::1]a',
      '[::1]]',
      '[[::1]]',
      '[1:2:3:4:5:6:7]',
      '[1:2:3:4:5:6:7:8:9]',
      '[1::2::3]',
    ],
    ...[
      '[12345::]',
      '[::1.2.3]',
      '[::1.2.3.256]',
      '[1.2.3.4::]',
      '[1.2.3.4]',
      '[::1%25lo]',
      '[::1%lo]',
      '[v1.a]',
      '[1:2:3:4:5:6:7:8::]',
      '[::1]:65536',
    ],
    `${'a'.repeat(262)}`,
  ]) {
    assert.equal(parseAuthority(text), undefined, JSON.stringify(text));
  }
});
