import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expandIPv6, parseHostPort } from '../address.ts';
import {
  brokenCookieName,
  brokenHeaderName,
  brokenHost,
  brokenIpOrCidr,
  brokenName,
  brokenPath,
  brokenRouteHost,
  brokenRoutePath,
  brokenSni,
  brokenTag,
  brokenUrl,
  brokenWildcardHost,
} from '../formats.ts';
import { normalPrefix, whyNeverMatches } from '../path.ts';
import { nearest } from '../similar.ts';

type Check = (text: string) => string | undefined;
const rows: readonly [string, Check, readonly string[], readonly (readonly [string, string])[]][] = [
  [
    'name',
    brokenName,
    ['a', 'A-b_c.d~e', 'größe', '日本'],
    [
      ['a b', "invalid value 'a b': the only accepted ascii characters are alphanumerics or ., -, _, and ~"],
      ['ab\ud800', 'invalid utf-8 character sequence detected at position 3'],
    ],
  ],
  [
    'tag',
    brokenTag,
    ['a b', 'x:y', 'ä'],
    [
      ['a,b', "invalid tag 'a,b': expected printable ascii (except `,` and `/`) or valid utf-8 sequences"],
      ['a/b', "invalid tag 'a/b': expected printable ascii (except `,` and `/`) or valid utf-8 sequences"],
    ],
  ],
  [
    'host',
    brokenHost,
    ['a', 'a.b', 'a_b.c-d', 'a.', '10.0.0.1', '::1', '[::1]', 'A.example'],
    [
      ['a-', 'invalid value: a-'],
      ['-a', 'invalid value: -a'],
      ['a..b', 'invalid value: a..b'],
      ['a:80', 'must not have a port'],
      ['[::1]:80', 'must not have a port'],
      ['http://a', 'invalid value: http://a'],
      ['1.2.3.400', 'invalid value: 1.2.3.400'],
    ],
  ],
  [
    'path',
    brokenPath,
    ['/', '/a/b', '/a%20b', "/a;b=c:d@e!$&'()*+,"],
    [
      ['a', 'should start with: /'],
      ['/a//b', 'must not have empty segments'],
      ['/a b', "invalid path: '/a b' (characters outside of the reserved list of RFC 3986 found)"],
      ['/a%2', "invalid url-encoded value: '%2'"],
      ['/a%g0b', "invalid url-encoded value: '%g0'"],
    ],
  ],
  [
    'route path',
    brokenRoutePath,
    ['/', '/a', '/a/', '/foo/(bar)', '~/a(?<x>\\d+)$', '~/(?P<x>a)', '~/(?i)a'],
    [
      ['a', 'should start with: / (fixed path) or ~/ (regex path)'],
      ['~a', 'should start with: / (fixed path) or ~/ (regex path)'],
      ['/a//b', 'must not have empty segments'],
      ['/a/../b', "non-normalized path, consider use '/b' instead"],
      ['/%61', "non-normalized path, consider use '/a' instead"],
      ['/%2f', "non-normalized path, consider use '/%2F' instead"],
    ],
  ],
  [
    'route host',
    brokenRouteHost,
    ['a.b', '*.b', 'a.*', 'a:80', '*.b:80', '10.0.0.1'],
    [
      ['*.a.*', 'invalid wildcard: must have at most one wildcard'],
      ['a.*.b', 'invalid wildcard: must be placed at leftmost or rightmost label'],
      ['*a.b', 'invalid wildcard: must be placed at leftmost or rightmost label'],
      ['a b', 'invalid hostname: a b'],
    ],
  ],
  [
    'wildcard host',
    brokenWildcardHost,
    ['a.b', '*.b', 'a.*'],
    [
      ['*.*', 'only one wildcard must be specified'],
      ['a.*.b', 'wildcard must be leftmost or rightmost character'],
      ['10.0.0.1', 'must not be an IP'],
      ['a:1', 'must not have a port'],
    ],
  ],
  ['sni', brokenSni, ['a.b'], [['::1', 'must not be an IP']]],
  [
    'header name',
    brokenHeaderName,
    ['X-A_1'],
    [['x y', "bad header name 'x y', allowed characters are A-Z, a-z, 0-9, '_', and '-'"]],
  ],
  [
    'cookie name',
    brokenCookieName,
    ['a!#b'],
    [['a;b', "bad cookie name 'a;b', it must be a valid token as defined by RFC 2616"]],
  ],
  [
    'ip or cidr',
    brokenIpOrCidr,
    ['1.2.3.4', '1.2.3.0/24', '::/0', 'fe80::1'],
    [
      ['1.2.3.4/33', "invalid ip or cidr range: '1.2.3.4/33'"],
      ['a', "invalid ip or cidr range: 'a'"],
    ],
  ],
  [
    'url',
    brokenUrl,
    ['http://a', 'https://a.b:1/x?y', 'redis://u:p@h:1'],
    [
      ['a/b', 'missing scheme in url'],
      ['http:///x', 'missing host in url'],
    ],
  ],
];

describe('formats', () => {
  for (const [name, check, right, wrong] of rows) {
    it(`of a ${name}`, () => {
      for (const text of right) assert.equal(check(text), undefined, text);
      for (const [text, message] of wrong) assert.equal(check(text), message);
    });
  }

  it('parse hosts with ports', () => {
    assert.deepEqual(parseHostPort('[fe80::1]:80'), { kind: 'ipv6', host: 'fe80::1', port: 80 });
    assert.deepEqual(parseHostPort('a:65535'), { kind: 'name', host: 'a', port: 65535 });
    for (const wrong of ['', ':80', 'a:', 'a:65536', '[a]:1', '[::1', '[::1]x', 'fe80::1%eth0']) {
      assert.equal(parseHostPort(wrong), undefined, wrong);
    }
  });

  it('expand IPv6', () => {
    assert.equal(expandIPv6('::'), '0000:0000:0000:0000:0000:0000:0000:0000');
    assert.equal(expandIPv6('FE80::1:2'), 'fe80:0000:0000:0000:0000:0000:0001:0002');
    assert.equal(expandIPv6('::ffff:10.0.0.1'), '0000:0000:0000:0000:0000:ffff:0a00:0001');
    assert.equal(expandIPv6('1:2:3:4:5:6:7::'), '0001:0002:0003:0004:0005:0006:0007:0000');
  });

  it('have a normal form, the one in which requests are routed', () => {
    for (const [path, normal] of [
      ['/', '/'],
      ['/a/./b/../c', '/a/c'],
      ['/a/..', '/'],
      ['/a/.', '/a/'],
      ['/../..', '/'],
      ['//a', '/a'],
      ['/%41%2f%7e%25', '/A%2F~%25'],
      ['/%c3%bc', '/ü'],
      ['/a%5cb', '/a\\b'],
      ['/...', '/...'],
    ] as const) {
      assert.equal(normalPrefix(path), normal, path);
      assert.equal(normalPrefix(normal), normal, normal);
      assert.equal(whyNeverMatches(normal), undefined, normal);
    }
  });

  it('may be such that no request has them', () => {
    for (const [path, reason] of [
      ['/a?b', /question mark/],
      ['/a#b', /number sign/],
      ['/a%00', /NUL/],
      ['/a\0', /NUL/],
      ['/a%ff', /UTF-8/],
      ['/a\ud800', /UTF-8/],
    ] as const) {
      assert.match(whyNeverMatches(path) ?? '', reason, path);
    }
  });
});

describe('did you mean', () => {
  it('proposes the nearest name', () => {
    assert.equal(nearest('strip_paths', ['path', 'strip_path', 'paths']), 'strip_path');
    assert.equal(nearest('prot', ['port', 'path']), 'port');
    assert.equal(nearest('Hosts', ['hosts', 'host']), 'hosts');
    assert.equal(nearest('key_auth', ['key-auth']), 'key-auth');
  });

  it('proposes nothing that is far, and less for short names', () => {
    assert.equal(nearest('abc', ['abde']), undefined);
    assert.equal(nearest('rate', ['limit']), undefined);
    assert.equal(nearest('x'.repeat(1000), ['x'.repeat(999)]), undefined);
  });
});
