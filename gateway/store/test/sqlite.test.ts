/** The store in a SQLite file keeps what every store promises. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../contract.ts';
import { openStore } from '../open.ts';
import { testStore } from './conformance.ts';

testStore(
  'sqlite',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'cardinal-store-'));
    const opened: Store[] = [];
    let now = 1_700_000_000_000;
    t.after(async () => {
      for (const store of opened) await store.close();
      await rm(folder, { recursive: true, force: true });
    });
    return {
      open: async () => {
        const store = await openStore(`sqlite:${join(folder, 'cardinal.db')}`, { now: () => now });
        opened.push(store);
        return store;
      },
      elapse: async (ms) => {
        now += ms;
      },
    };
  },
  { shared: true, skip: false },
);
