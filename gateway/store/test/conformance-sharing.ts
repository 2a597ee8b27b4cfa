/** What every store promises that several processes share, and that outlives them. */
import assert from 'node:assert/strict';
import { until } from '../../../test/harness/redis-server.ts';
import type { Check } from './check.ts';
import { commitOf } from './commits.ts';

export function sharingChecks(check: Check): void {
  check('everything is there again after it was closed', async (store, under) => {
    await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
    await store.putDocument('token', 'a', 'v');
    const before = [await store.load(), await store.history(), await store.documents('token')];
    await store.close();
    const again = await under.open();
    assert.deepEqual([await again.load(), await again.history(), await again.documents('token')], before);
    await again.commit(commitOf(2, [{ id: 'a', value: 2 }]));
  });

  check('those who watch hear of the commits of others, and of no others', async (store, under) => {
    const other = await under.open();
    await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
    await store.load();
    let calls = 0;
    let callsOfOther = 0;
    const stop = store.watch(() => calls++);
    other.watch(() => callsOfOther++);
    await until(() => callsOfOther === 1);

    await store.commit(commitOf(2, [{ id: 'a', value: 2 }]));
    await until(() => callsOfOther === 2);
    assert.equal(calls, 0, 'its own commit');

    await other.commit(commitOf(3, [{ id: 'a', value: 3 }]));
    await until(() => calls === 1);
    await other.putDocument('node', 'a', 1);
    await other.commit(commitOf(4, [{ id: 'a', value: 4 }]));
    await until(() => calls === 2);
    assert.equal(callsOfOther, 2);

    // The other watch of the same store shows when the stopped one would have been called.
    let callsOfSecond = 0;
    store.watch(() => callsOfSecond++);
    stop();
    await other.commit(commitOf(5, [{ id: 'a', value: 5 }]));
    await until(() => callsOfSecond === 1);
    assert.equal(calls, 2);
  });

  check('a commit between the load and the watch is told', async (store, under) => {
    const other = await under.open();
    await store.load();
    await other.commit(commitOf(1, [{ id: 'a', value: 1 }]));
    let called = false;
    store.watch(() => {
      called = true;
    });
    await until(() => called);
    assert.equal((await store.commitsAfter(0))?.length, 1);
  });
}
