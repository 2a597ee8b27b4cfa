/** Both engines must agree wherever the native one is allowed, and the analysis must allow what it should. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../test/random.ts';
import { capturesOf, compileNative, compilePattern } from '../compile.ts';
import type { LinearPattern } from '../contract.ts';
import { compileRe2 } from '../re2.ts';

const anchored = { anchored: true };

function engineOf(source: string, options = anchored): string {
  const result = compilePattern(source, options);
  return result.ok ? result.pattern.engine : 'invalid';
}

const DETERMINISTIC = [
  '/users/(?<id>[^/]+)/orders/\\d+$',
  '/users/(?P<id>[^/]+)$',
  '/a(/b)?$',
  '/(?:[^/]+/)+$',
  '/v[12]/.*',
  '/(login|out)$',
  '/files/[0-9a-f]{8}-[0-9a-f]{4}$',
  '/status/?$',
  '/\\d+(?:\\.\\d+)*$',
];

test('typical API paths run on the native engine', () => {
  for (const source of DETERMINISTIC) assert.equal(engineOf(source), 'native', source);
});

const AMBIGUOUS = [
  '(a+)+$',
  '(a|a)*$',
  '(?:a*)*$',
  '(a|ab)(c|bcd)',
  '.*a',
  '.*.*=.*',
  '\\d+\\d+$',
  '(?:a?){20}a{20}',
  '([a-z]+)*$',
  '[^/]+[a-z]$',
  'a*?a',
  '(?:(a)|b)+',
  '(?i)abc',
  '\\bx',
];

test('every pattern that leaves a choice of ways goes to RE2', () => {
  for (const source of AMBIGUOUS) assert.equal(engineOf(source), 're2', source);
});

test('an unanchored search is native only when every start is short', () => {
  assert.equal(engineOf('Mozilla', { anchored: false }), 'native');
  assert.equal(engineOf('[^/]+x', { anchored: false }), 're2');
  assert.equal(engineOf('^[^/]+/x', { anchored: false }), 'native');
});

const PARTS = [
  'a',
  'b',
  'ab',
  '/',
  '\\.',
  '[ab]',
  '[^/]',
  '[^a]',
  '\\d',
  '\\w',
  '\\s',
  '\\S',
  '\\W',
  '.',
  'é',
  '[a-cx]',
  '\\D',
  'k',
  'S',
];
const QUANTIFIERS = ['', '', '', '*', '+', '?', '{2}', '{1,3}', '{2,}', '*?', '+?'];

function randomPattern(random: Random, depth: number): string {
  let out = '';
  for (let i = 1 + random.below(4); i > 0; i--) {
    let part = random.pick(PARTS);
    if (depth > 0 && random.chance(0.3)) {
      const inner = Array.from({ length: 1 + random.below(3) }, () => randomPattern(random, depth - 1));
      part = `${random.pick(['(', '(?:', '('])}${inner.join('|')})`;
    }
    out += part + random.pick(QUANTIFIERS);
  }
  return random.chance(0.2) ? `${out}$` : out;
}

const ALPHABET = [
  'a',
  'b',
  'c',
  'x',
  '/',
  '.',
  '1',
  '7',
  ' ',
  '\n',
  'é',
  'K',
  'k',
  'S',
  's',
  'ſ',
  '\u212a',
  '😀',
  '\r',
  '\u2028',
  '_',
  '\v',
  '\u00a0',
];

function randomText(random: Random): string {
  return random.some(ALPHABET, 0, 10).join('');
}

function outcome(pattern: LinearPattern, text: string): unknown {
  const match = pattern.exec(text);
  assert.equal(pattern.test(text), match !== null);
  return match === null ? null : { at: match.index, all: [...(match as unknown as string[])] };
}

test('both engines give the same matches and groups on random patterns', () => {
  const random = new Random(11);
  let compared = 0;
  let matched = 0;
  for (let i = 0; i < 4000; i++) {
    const source = randomPattern(random, 2);
    const options = { anchored: random.chance(0.8), caseInsensitive: random.chance(0.3) };
    const native = compileNative(source, options);
    if (native === undefined) continue;
    const re2 = compileRe2(source, options);
    assert.ok(re2.ok, `RE2 refuses ${source}`);
    compared++;
    for (let j = 0; j < 12; j++) {
      const text = randomText(random);
      const expected = outcome(re2.pattern, text);
      assert.deepEqual(outcome(native, text), expected, JSON.stringify({ source, options, text }));
      if (expected !== null) matched++;
      const start = options.anchored ? '' : text;
      assert.ok(
        expected === null || options.anchored === false || text.startsWith(native.literalPrefix),
        start,
      );
      assert.ok(expected === null || text.startsWith(re2.pattern.literalPrefix), source);
    }
  }
  assert.ok(compared > 500 && matched > 1000, `${compared} patterns, ${matched} matches`);
});

test('groups are named and numbered, those that took no part are absent', () => {
  for (const source of ['/(?<kind>a|b)/(?P<id>[^/]+)(/x)?', '(?i)/(?<kind>a|b)/(?P<id>[^/]+)(/x)?']) {
    const result = compilePattern(source, anchored);
    assert.ok(result.ok);
    const captures = capturesOf(result.pattern, result.pattern.exec('/a/__proto__')!)!;
    assert.equal(Object.getPrototypeOf(captures), null);
    assert.deepEqual({ ...captures }, { 1: 'a', kind: 'a', 2: '__proto__', id: '__proto__' });
  }
  const plain = compilePattern('/a', anchored);
  assert.ok(plain.ok);
  assert.equal(capturesOf(plain.pattern, plain.pattern.exec('/ab')!), undefined);
});

test('a group name that is special to JavaScript is a plain key', () => {
  const result = compilePattern('/(?<__proto__>.+)', anchored);
  assert.ok(result.ok);
  const captures = capturesOf(result.pattern, result.pattern.exec('/x')!)!;
  assert.equal(Object.getPrototypeOf(captures), null);
  assert.deepEqual(Object.keys(captures), ['1', '__proto__']);
});

test('anchoring covers all branches', () => {
  for (const source of ['/a|/b', '(?i)/a|/b']) {
    const result = compilePattern(source, anchored);
    assert.ok(result.ok);
    assert.equal(result.pattern.test('/b/x'), true);
    assert.equal(result.pattern.test('/x/b'), false);
  }
});

test('what Rust would read otherwise or not at all is refused with a reason', () => {
  const refused: [string, RegExp][] = [
    ['(?=a)', /\(\?=/],
    ['(?<!a)b', /\(\?<!/],
    ['(a)\\1', /\\1/],
    ['a{2000}', /repeat/],
    ['(((a{10}){10}){11})', /repeat/],
    ['[a', /\[a/],
    ['(a', /missing closing \)/],
    ['a)(b', /unopened group/],
    ['[a-z&&b]', /&&/],
    ['[\\w--\\d]', /--/],
    ['[[a]', /must be escaped/],
    ['\\<a', /word boundaries/],
    ['\\b{start}', /word boundaries/],
    ['\\Qa\\E', /quoting/],
    ['a**', /repetition/],
    ['(?<n>a)(?<n>b)', /n/],
    ['x'.repeat(5000), /4096/],
    ['(?:a{100}|b{100}|c{100}|d{100}|e{100}){5}|(.*f){2}', /1000 steps/],
  ];
  for (const [source, reason] of refused) {
    const result = compilePattern(source, anchored);
    assert.equal(result.ok, false, source);
    assert.match(result.ok ? '' : result.message, reason, source);
  }
});
