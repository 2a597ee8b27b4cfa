/**
 * Patterns and texts that stall a backtracking engine. Nothing is timed: with quadratic work these tests
 * would take minutes, with exponential work they would never end.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePattern } from '../compile.ts';

const ATTACKS: [string, (n: number) => string][] = [
  ['(a+)+$', (n) => 'a'.repeat(n) + '!'],
  ['(.*a){20}$', (n) => 'a'.repeat(n) + '!'],
  ['([a-z]+)*$', (n) => 'a'.repeat(n) + '!'],
  ['(a|aa)+$', (n) => 'a'.repeat(n) + '!'],
  ['(?:.*)*x', (n) => '/'.repeat(n)],
  ['.*.*.*=.*', (n) => 'x'.repeat(n)],
  ['(\\w+\\s?)+$', (n) => 'word '.repeat(n / 5) + '!'],
  ['/(?:[^/]+/)+end$', (n) => '/a'.repeat(n / 2)],
  ['/[^/]+/\\d+$', (n) => `/${'a'.repeat(n)}`],
];

for (const [source, text] of ATTACKS) {
  test(`${source} does not stall on 200,000 characters`, () => {
    const result = compilePattern(source, { anchored: true });
    assert.ok(result.ok);
    assert.equal(result.pattern.exec(text(200_000)), null);
  });
}

test('an unanchored search does not start over for long', () => {
  for (const source of ['[^/]+x', '(?:ab)+c', '\\w+@']) {
    const result = compilePattern(source, { anchored: false, caseInsensitive: true });
    assert.ok(result.ok);
    assert.equal(result.pattern.exec('ab'.repeat(100_000)), null, source);
  }
});

test('a text that does match, with groups, is linear too', () => {
  for (const source of ['(.*a){20}', '(a+)+$', '([a-z]+)*$', '(a|aa)+$']) {
    const result = compilePattern(source, { anchored: true });
    assert.ok(result.ok);
    assert.equal(result.pattern.exec('a'.repeat(20_000))?.[0]?.length, 20_000, source);
  }
});

test('texts made to create ever new states do not fill the memory', () => {
  const patterns = Array.from({ length: 12 }, (_, i) => {
    const result = compilePattern(`(?:.*a.{${100 + i}}b)(x)?$`, { anchored: true });
    assert.ok(result.ok);
    return result.pattern;
  });
  let state = 1;
  let text = '';
  for (let i = 0; i < 15_000; i++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    text += (state >> 16) & 1 ? 'a' : 'c';
  }
  const before = process.memoryUsage().heapUsed;
  patterns.forEach((pattern, i) => {
    assert.equal(pattern.test(`${text}b`), text.at(-101 - i) === 'a');
  });
  const grownMb = (process.memoryUsage().heapUsed - before) / 1e6;
  assert.ok(grownMb < 40, `${grownMb} MB`);
});
