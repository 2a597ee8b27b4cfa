/** The store in Redis keeps what every store promises. */
import { after } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { NO_REDIS, startRedis } from '../../../test/harness/redis-server.ts';
import type { Store } from '../contract.ts';
import { openStore } from '../open.ts';
import { testStore } from './conformance.ts';

// A test context ends things with its test; `after` of the module ends them with the file.
const server = NO_REDIS === false ? await startRedis({ after }) : undefined;
let prefixes = 0;

testStore(
  'redis',
  async (t) => {
    const prefix = `test-${prefixes++}`;
    const opened: Store[] = [];
    t.after(() => Promise.all(opened.map((store) => store.close())));
    return {
      open: async () => {
        const store = await openStore(`${server?.url}?prefix=${prefix}`);
        opened.push(store);
        return store;
      },
      elapse: (ms) => pause(ms),
    };
  },
  { shared: true, skip: NO_REDIS },
);
