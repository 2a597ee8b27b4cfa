/** file-log: lines in the file, sharing and closing, path rules, Lua. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { flushLineWriters } from '../../observe/line-writer.ts';
import { createPluginHarness } from '../testkit.ts';
import fileLog from './index.ts';
import schema from './schema.ts';

const folder = mkdtempSync(join(tmpdir(), 'file-log-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fresh = () => join(folder, `${files++}.log`);
const lines = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('is Kong’s: priority', () => {
  assert.equal(fileLog.priority, 9);
});

test('one JSON line a request', async () => {
  const path = fresh();
  const harness = createPluginHarness(fileLog, { path });
  await harness.run({ path: '/one', headers: { Authorization: 'Basic c2VjcmV0' } });
  await harness.run({ path: '/two' }, { status: 500 });
  await flushLineWriters();
  const [one, two] = lines(path);
  assert.equal(one.request.uri, '/one');
  assert.equal(one.request.headers.authorization, 'REDACTED');
  assert.equal(two.response.status, 500);
  harness.close();
});

test('closing writes what waits', async () => {
  const path = fresh();
  const harness = createPluginHarness(fileLog, { path });
  await harness.run({ path: '/last' });
  harness.close();
  await flushLineWriters();
  assert.equal(lines(path)[0].request.uri, '/last');
});

test('reopen: a file that was moved away is let go', async () => {
  for (const reopen of [true, false]) {
    const path = fresh();
    const harness = createPluginHarness(fileLog, { path, reopen });
    await harness.run({ path: '/old' });
    await flushLineWriters();
    renameSync(path, `${path}.1`);
    await harness.run({ path: '/new' });
    await flushLineWriters();
    assert.equal(existsSync(path), reopen);
    assert.equal(lines(`${path}.1`).length, reopen ? 1 : 2);
    harness.close();
  }
});

test('a file that cannot be written costs lines, not requests, and is reported', async () => {
  const path = join(folder, 'missing', 'a.log');
  const harness = createPluginHarness(fileLog, { path });
  assert.equal((await harness.run()).status, 200);
  await flushLineWriters();
  assert.equal(harness.logs[0]?.message, 'failed to write the log file');
  assert.ok(harness.metricsText().includes(`cardinal_file_log_lost_lines_total{path="${path}"} 1`));
  harness.close();
});

test('path rules', () => {
  const { custom } = schema.config.fields.path.options;
  for (const path of ['/tmp/a.log', 'a b', 'ab']) assert.equal(custom(path), undefined, path);
  for (const path of [' /tmp/a', '/tmp/a ', '/tmp/*', 'a&b', 'a%b', 'a`b', 'a\\b', 'a']) {
    assert.equal(custom(path), 'not a valid filename', path);
  }
});

test('custom_fields_by_lua is refused with the reason, unless empty', () => {
  const { custom } = schema.config.fields.custom_fields_by_lua.options;
  assert.match(custom({ a: 'return 1' }) ?? '', /does not run Lua; remove custom_fields_by_lua/);
  assert.equal(custom({}), undefined);
});
