/** Kong's path normalisation, and the paths that have none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../test/random.ts';
import { normalisePath, pathEnd } from '../normalise-path.ts';

const SAME = [
  '',
  '/',
  '/a',
  '/a/',
  '/a/b.c',
  '/.well-known/x',
  '/a..',
  '/..a/b',
  '/...',
  '/a.',
  '/a;p=1',
  '/a:b@c',
  '/ADMIN',
  '/a%2'.slice(0, 2),
];

for (const path of SAME) {
  test(`${JSON.stringify(path)} is normal already`, () => {
    assert.equal(normalisePath(path), path);
  });
}

const CHANGED: [string, string][] = [
  // Unreserved and other characters are decoded, once.
  ['/%61dmin', '/admin'],
  ['/%7Euser', '/~user'],
  ['/a%20b', '/a b'],
  ['/%22%3C%3e', '/"<>'],
  ['/%2561', '/%2561'],
  ['/%252e%252e/x', '/%252e%252e/x'],
  ['/a%5Cb', '/a\\b'],
  ['/caf%C3%A9', '/café'],
  ['/caf\u00c3\u00a9', '/café'],
  ['/%F0%9F%98%80', '/😀'],
  // Reserved characters keep their escapes, in upper case.
  ['/a%2fb', '/a%2Fb'],
  ['/%3f%23%5b%5D', '/%3F%23%5B%5D'],
  [
    '/%21%2a%27%28%29%3b%3a%40%26%3d%2b%24%2c%2f%3f%25%23%5b%5d',
    '/%21%2A%27%28%29%3B%3A%40%26%3D%2B%24%2C%2F%3F%25%23%5B%5D',
  ],
  // Dot segments and empty segments.
  ['/.', '/'],
  ['/..', '/'],
  ['/./a', '/a'],
  ['/a/.', '/a/'],
  ['/a/..', '/'],
  ['/a/b/..', '/a/'],
  ['/a/../b', '/b'],
  ['/a//b', '/a/b'],
  ['//', '/'],
  ['//a', '/a'],
  ['/a//../b', '/b'],
  ['/../../a', '/a'],
  ['/a/./../b/', '/b/'],
  ['/a///', '/a/'],
  // Encoded dots are dots.
  ['/%2e/a', '/a'],
  ['/a/%2e%2E/b', '/b'],
  ['/a/.%2e', '/'],
];

for (const [path, expected] of CHANGED) {
  test(`${JSON.stringify(path)} becomes ${JSON.stringify(expected)}`, () => {
    assert.equal(normalisePath(path), expected);
  });
}

const REFUSED = [
  '/%',
  '/%2',
  '/%zz',
  '/a%0',
  '/%00',
  '/a\0',
  '/a\\b',
  '\\',
  '/%u0061',
  '/%ff',
  '/%c0%ae',
  '/%C3',
  '/\u00ff',
  '/%ED%A0%80',
  '/\u0100',
];

for (const path of REFUSED) {
  test(`${JSON.stringify(path)} has no normal form`, () => {
    assert.equal(normalisePath(path), undefined);
  });
}

// protocol safety: one list, whatever rule a route has on `/admin`.
const ADMIN: [string, string][] = [
  ['/admin', '/admin'],
  ['/%61dmin', '/admin'],
  ['/./admin', '/admin'],
  ['//admin', '/admin'],
  ['/x/../admin', '/admin'],
  ['/x/%2e%2e/admin', '/admin'],
  // These are other resources, and stay so on the way to the upstream.
  ['/x/..%2fadmin', '/x/..%2Fadmin'],
  ['/admin;a', '/admin;a'],
  ['/admin%20', '/admin '],
  ['/ADMIN', '/ADMIN'],
  ['/admin/', '/admin/'],
];

for (const [path, expected] of ADMIN) {
  test(`path safety: ${path} is matched as ${JSON.stringify(expected)}`, () => {
    assert.equal(normalisePath(path), expected);
  });
}

test('an encoded slash does not leave the segment before it', () => {
  assert.equal(normalisePath('/foo/..%2fbar'), '/foo/..%2Fbar');
  assert.equal(normalisePath('/foo/%2e%2e%2fbar'), '/foo/..%2Fbar');
});

test('what was normalised has no dot segment and no empty one', () => {
  const random = new Random(5);
  const parts = [
    '/',
    '/',
    '.',
    '..',
    '%2e',
    '%2F',
    'a',
    'b.',
    '%',
    '%25',
    '%C3%A9',
    '\\',
    '%5c',
    '%00',
    '//',
    '\u00e9',
    '%41',
    ' ',
  ];
  for (let i = 0; i < 5000; i++) {
    const path = normalisePath('/' + random.some(parts, 0, 8).join(''));
    if (path === undefined) continue;
    assert.match(path, /^\//);
    assert.doesNotMatch(path, /\/\/|\/\.\.?(\/|$)/);
    assert.doesNotMatch(path, /%(?![0-9A-F]{2})/);
  }
});

test('normalising twice changes nothing on paths without characters that need escaping', () => {
  const random = new Random(6);
  const parts = ['/', '.', '..', '%2e', '%2F', 'a', 'b.', '%25', '%7e', '%41', '%2561'];
  for (let i = 0; i < 5000; i++) {
    const once = normalisePath('/' + random.some(parts, 0, 8).join(''))!;
    assert.equal(normalisePath(once), once);
  }
});

test('the query starts at a question mark after the first character', () => {
  assert.equal(pathEnd('/a?b?c'), 2);
  assert.equal(pathEnd('/a?'), 2);
  assert.equal(pathEnd('/a'), 2);
  assert.equal(pathEnd('?a'), 2);
});
