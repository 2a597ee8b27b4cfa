/** Batches, bounds, rotation, failures. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { flushLineWriters, LineWriter } from '../line-writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'line-writer-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fresh = () => join(folder, `${files++}.log`);

test('lines arrive in order and the file is created 0644 and appended to', async () => {
  const path = fresh();
  const first = new LineWriter({ path });
  assert.equal(first.write('one'), true);
  first.write('zwölf');
  await first.close();
  const second = new LineWriter({ path });
  second.write('three');
  await second.close();
  assert.equal(readFileSync(path, 'utf8'), 'one\nzwölf\nthree\n');
  assert.equal(statSync(path).mode & 0o777, 0o644 & ~process.umask());
  assert.equal(first.written, 2);
});

test('a line goes out by itself after the interval, a full batch at once', async () => {
  const path = fresh();
  const slow = new LineWriter({ path, flushIntervalMs: 100_000, batchBytes: 100 });
  slow.write('x');
  slow.write('y'.repeat(100));
  await slow.flush();
  assert.equal(readFileSync(path, 'utf8').length, 103);
  const quick = new LineWriter({ path: `${path}.2`, flushIntervalMs: 1 });
  quick.write('z');
  for (let turn = 0; turn < 200 && quick.written === 0; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.equal(quick.written, 1);
  await Promise.all([slow.close(), quick.close()]);
});

test('the newest lines are dropped when the queue is full, in bytes', async () => {
  const path = fresh();
  const writer = new LineWriter({ path, maxQueueBytes: 20 });
  assert.equal(writer.write('123456789'), true);
  assert.equal(writer.write('ääää'), true);
  assert.equal(writer.write('x'), false);
  assert.equal(writer.dropped, 1);
  await writer.close();
  assert.equal(readFileSync(path, 'utf8'), '123456789\nääää\n');
  assert.equal(writer.write('late'), false);
  assert.equal(writer.dropped, 2);
});

test('after reopen the next line is in a new file', async () => {
  const path = fresh();
  const writer = new LineWriter({ path });
  writer.write('old');
  await writer.flush();
  renameSync(path, `${path}.1`);
  writer.write('still old');
  await writer.flush();
  writer.reopen();
  writer.write('new');
  await writer.close();
  assert.equal(readFileSync(`${path}.1`, 'utf8'), 'old\nstill old\n');
  assert.equal(readFileSync(path, 'utf8'), 'new\n');
});

test('with reopen every batch opens the file anew', async () => {
  const path = fresh();
  const writer = new LineWriter({ path, reopen: true });
  writer.write('old');
  await writer.flush();
  renameSync(path, `${path}.1`);
  writer.write('new');
  await writer.close();
  assert.equal(readFileSync(path, 'utf8'), 'new\n');
});

test('a failing disk loses lines, says so, and is tried again', async () => {
  const missing = join(folder, 'not-yet');
  const path = join(missing, 'a.log');
  const errors: [string, number][] = [];
  const writer = new LineWriter({
    path,
    onError: (error, lines) => errors.push([(error as NodeJS.ErrnoException).code!, lines]),
  });
  writer.write('a');
  writer.write('b');
  await writer.flush();
  assert.deepEqual(errors, [['ENOENT', 2]]);
  assert.equal(writer.dropped, 2);
  (await import('node:fs')).mkdirSync(missing);
  writer.write('c');
  await writer.close();
  assert.equal(readFileSync(path, 'utf8'), 'c\n');
});

test('flushLineWriters writes what all open writers hold', async () => {
  const writers = [fresh(), fresh()].map((path) => ({ path, writer: new LineWriter({ path }) }));
  for (const { writer } of writers) writer.write('x');
  await flushLineWriters();
  for (const { path } of writers) assert.equal(readFileSync(path, 'utf8'), 'x\n');
  await Promise.all(writers.map(({ writer }) => writer.close()));
});
