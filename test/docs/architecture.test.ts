/** The drawing of the life of a request has the steps of the code, in their order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Step } from '../../shared/proxy/exchange-view.ts';
import { blocks, textOf } from './documents.ts';

const text = textOf('docs/architecture.md');
const source = textOf('shared/proxy/exchange.ts');

function drawnSteps(): string[] {
  const drawing = blocks(text.slice(text.indexOf('<!-- steps -->')), '')[0] ?? '';
  return [...drawing.matchAll(/\[(\w+)\]/g)].map((match) => match[1]!);
}

test('the drawing names every step, in the order of Step', () => {
  const steps = Object.entries(Step)
    .sort(([, one], [, other]) => one - other)
    .map(([name]) => name);
  assert.deepEqual(drawnSteps(), steps);
});

test('advance meets the steps in that order', () => {
  const start = source.indexOf('private advance(): void {');
  const advance = source.slice(start, source.indexOf('\n  }\n', start));
  const met = [...advance.matchAll(/if \(this\.step === Step\.(\w+)\)/g)].map((match) => match[1]!);
  assert.ok(met.length > 5);
  // The others are events: the upstream's turn, the body, the end.
  const events = ['await', 'relay', 'done'];
  assert.deepEqual(
    met,
    drawnSteps().filter((step) => !events.includes(step)),
  );
});

test('the methods that are not sent again are those of the code', () => {
  const [, list] =
    /NOT_IDEMPOTENT = new Set\(\[([^\]]+)\]\)/.exec(textOf('shared/proxy/upstream-leg.ts')) ?? [];
  const methods = [...(list ?? '').matchAll(/'(\w+)'/g)].map((match) => match[1]!).sort();
  const [, said] = /a method that is not ([A-Z, or]+)\./.exec(text) ?? [];
  assert.deepEqual([...(said ?? '').matchAll(/[A-Z]+/g)].map((match) => match[0]).sort(), methods);
});
