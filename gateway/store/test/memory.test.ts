/** The store in memory keeps what every store promises within one process. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '../memory.ts';
import { openStore } from '../open.ts';
import { testStore } from './conformance.ts';

testStore(
  'memory',
  async (t) => {
    let now = 1_700_000_000_000;
    const store = new MemoryStore(() => now);
    t.after(() => store.close());
    return {
      open: async () => store,
      elapse: async (ms) => {
        now += ms;
      },
    };
  },
  { shared: false, skip: false },
);

test('memory: opened by its name, each one is another', async () => {
  const one = await openStore('memory');
  assert.deepEqual([one.kind, one.location], ['memory', 'memory']);
  await one.putDocument('token', 'a', 1);
  assert.equal(await (await openStore('memory')).document('token', 'a'), undefined);
});
