import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Journal } from '../run/journal.ts';
import { startEntry } from './entries.ts';

function fileFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lab-journal-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'journal.jsonl');
}

const END = { type: 'end', key: 'end', endedAt: 'now', seconds: 1 } as const;

test('what was written is there again; a line that was cut is not, and is written anew', (t) => {
  const file = fileFor(t);
  const first = Journal.create(file);
  first.append(startEntry());
  first.append({ type: 'calibration', key: 'a', policies: 'a', loopbackMs: 0.1, calibrations: [] });
  first.close();
  appendFileSync(file, '{"type":"end","key":"e');
  const second = Journal.resume(file);
  assert.equal(second.entries.length, 2);
  assert.equal(second.has({ type: 'calibration', key: 'a' }), true);
  assert.equal(second.has({ type: 'end', key: 'end' }), false);
  second.append(END);
  second.close();
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  assert.equal(lines.length, 3);
  assert.deepEqual(JSON.parse(lines[2]!), END);
});

test('a journal is never written over, and what is none is refused', (t) => {
  const file = fileFor(t);
  Journal.create(file).close();
  assert.throws(() => Journal.create(file), /exists already/);
  assert.throws(() => Journal.resume(file), /no journal of this version/);
  writeFileSync(file, `${JSON.stringify({ ...startEntry(), schemaVersion: 99 })}\n`);
  assert.throws(() => Journal.resume(file), /no journal of this version/);
  writeFileSync(file, 'nonsense\n');
  assert.throws(() => Journal.resume(file), /line 1 is no JSON/);
  assert.throws(() => Journal.resume(`${file}.missing`), /no such file/);
});
