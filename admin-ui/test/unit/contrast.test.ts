/** The tokens: text can be read on every surface it stands on, and controls can be told from it, in both themes (WCAG 2.2). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const css = readFileSync(new URL('../../src/styles/tokens.css', import.meta.url), 'utf8');
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }],
  ),
);

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

function holds(front: string, back: string, least: number): void {
  for (const theme of ['light', 'dark'] as const) {
    const [one, other] = [tokens.get(front)?.[theme], tokens.get(back)?.[theme]];
    assert.ok(one !== undefined && other !== undefined, `${front} or ${back} is no token`);
    const found = contrast(one, other);
    assert.ok(found >= least, `${theme}: ${front} on ${back} is ${found.toFixed(2)}, needs ${least}`);
  }
}

const SURFACES = ['canvas', 'surface', 'raised', 'sunken', 'hover', 'selected'];

test('text on every surface: 4.5', () => {
  for (const surface of SURFACES)
    for (const text of ['text', 'text-soft', 'text-faint']) holds(text, surface, 4.5);
  for (const surface of ['canvas', 'surface', 'raised', 'sunken', 'hover']) holds('accent', surface, 4.5);
});

test('words on their coloured ground, and on cards: 4.5', () => {
  for (const tone of ['good', 'warn', 'bad']) {
    holds(tone, `${tone}-soft`, 4.5);
    holds(tone, 'surface', 4.5);
    holds(tone, 'canvas', 4.5);
  }
  holds('accent', 'accent-soft', 4.5);
  holds('text-soft', 'quiet-soft', 4.5);
  holds('on-primary', 'primary', 4.5);
  holds('on-primary', 'primary-hover', 4.5);
  holds('on-danger', 'danger', 4.5);
  holds('on-danger', 'danger-hover', 4.5);
});

test('edges of controls, the ring of the focus, and series of charts: 3', () => {
  for (const surface of ['surface', 'raised', 'canvas']) {
    holds('control', surface, 3);
    holds('accent', surface, 3);
    for (let series = 1; series <= 5; series++) holds(`series-${series}`, surface, 3);
  }
});

test('no other file names a colour', async () => {
  const { readdirSync } = await import('node:fs');
  const folder = new URL('../../src/', import.meta.url);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === 'tokens.css' || entry.name.endsWith('.svg')) continue;
    const text = readFileSync(`${entry.parentPath}/${entry.name}`, 'utf8');
    const found = /#[0-9a-fA-F]{6}\b|#(?:[0-9a-fA-F]{3})['";\s)]|\brgba?\(|\bhsla?\(/.exec(text);
    // The mark's white letter is part of the mark.
    if (found !== null && !(entry.name === 'header.tsx' && found[0].startsWith('#fff')))
      assert.fail(`${entry.name} names the colour ${found[0]}`);
  }
});
