/** What a SQLite store has acknowledged is there after its process was killed at any moment. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Random } from '../../../shared/test/random.ts';
import { openStore } from '../open.ts';

const CHILD = fileURLToPath(new URL('./sqlite-child.ts', import.meta.url));
const KILLS = 6;

test('kill -9 while it commits', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-store-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'cardinal.db');
  const random = new Random(20_251);
  let before = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const acknowledged = await commitAndKill(path, 1 + random.below(60), random.next() * 3);
    assert.ok(acknowledged > before);
    const store = await openStore(`sqlite:${path}`);
    const { generation, entities } = await store.load();
    // One more may have been written whose acknowledgement was not heard.
    assert.ok(
      generation === acknowledged || generation === acknowledged + 1,
      `${generation}, ${acknowledged}`,
    );
    assert.equal(entities.get('services')?.length, generation);
    assert.equal((await store.history())[0]?.generation, generation);
    await store.close();
    before = generation;
  }
});

/** Kills it some time after it has acknowledged so many commits. Resolves with the last one it acknowledged. */
function commitAndKill(path: string, commits: number, delayMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, 'commit', path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    let heard = 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      heard = output.split('\n').length - 1;
      if (heard >= commits) setTimeout(() => child.kill('SIGKILL'), delayMs);
    });
    child.on('error', reject);
    child.on('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve(Number(output.split('\n').at(-2)));
      else reject(new Error(`it ended by itself:\n${output}`));
    });
  });
}
