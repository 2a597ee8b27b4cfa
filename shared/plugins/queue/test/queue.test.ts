/** The queue: batches, what is dropped, retries, concurrency, the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricsRegistry } from '../../../observe/metrics.ts';
import { renderPrometheus } from '../../../observe/prometheus-text.ts';
import { DEFAULT_QUEUE, Queue, type QueueConfig, Undeliverable } from '../queue.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A queue whose other side the test plays: each batch waits until the test answers. */
function open(config: Partial<QueueConfig>, answers: 'by hand' | 'at once' = 'at once') {
  const metrics = new MetricsRegistry();
  const batches: { entries: readonly string[]; ok(): void; fail(error?: Error): void }[] = [];
  const logs: string[] = [];
  const say = (message: string) => void logs.push(message);
  let released = 0;
  const queue = new Queue<string>({
    config: { ...DEFAULT_QUEUE, max_batch_size: 1, max_coalescing_delay: 1, ...config },
    plugin: 'x',
    metrics,
    log: { debug: say, info: say, warn: say, error: say },
    send: (entries) =>
      new Promise((resolve, reject) => {
        batches.push({ entries, ok: resolve, fail: (error = new Error('down')) => reject(error) });
        if (answers === 'at once') resolve();
      }),
    release: () => void released++,
  });
  const count = (name: string) =>
    Number(
      new RegExp(`^cardinal_queue_${name} (\\d+)$`, 'm').exec(renderPrometheus(metrics.snapshot()))?.[1] ?? 0,
    );
  return {
    queue,
    batches,
    logs,
    push: (...values: string[]) => {
      for (const value of values) queue.push(value, value.length);
    },
    dropped: (reason: string) => count(`dropped_entries_total\\{plugin="x",reason="${reason}"\\}`),
    sent: () => count('sent_entries_total\\{plugin="x"\\}'),
    released: () => released,
    sentBatches: () => batches.map(({ entries }) => entries.join('')),
  };
}

test('a full batch leaves at once, the rest after the delay', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { push, sentBatches, sent } = open({ max_batch_size: 3, max_coalescing_delay: 2 });
  push('a', 'b');
  t.mock.timers.tick(1999);
  await turn();
  assert.deepEqual(sentBatches(), []);
  push('c', 'd');
  await turn();
  assert.deepEqual(sentBatches(), ['abc']);
  t.mock.timers.tick(2000);
  await turn();
  assert.deepEqual(sentBatches(), ['abc', 'd']);
  assert.equal(sent(), 4);
});

test('one batch at a time: what comes meanwhile waits', async () => {
  const { push, batches, sentBatches } = open({ max_batch_size: 2 }, 'by hand');
  push('a', 'b', 'c', 'd', 'e');
  await turn();
  assert.deepEqual(sentBatches(), ['ab']);
  batches[0]!.ok();
  await turn();
  assert.deepEqual(sentBatches(), ['ab', 'cd']);
});

test('concurrency -1: all at once, within a bound', async () => {
  const { push, sentBatches } = open({ concurrency_limit: -1 }, 'by hand');
  push(...'x'.repeat(100));
  await turn();
  assert.equal(sentBatches().length, 64);
});

test('when full the oldest is dropped; what is under way stays', async () => {
  const { queue, push, batches, sentBatches, dropped } = open({ max_entries: 3 }, 'by hand');
  push('a', 'b', 'c', 'd', 'e');
  await turn();
  assert.equal(dropped('queue_full'), 2);
  assert.equal(queue.size, 3);
  batches[0]!.ok();
  await turn();
  batches[1]!.ok();
  await turn();
  assert.deepEqual(sentBatches(), ['a', 'd', 'e']);
  const one = open({ max_entries: 1 }, 'by hand');
  one.push('a', 'b');
  await turn();
  assert.deepEqual(one.sentBatches(), ['a']);
  assert.equal(one.dropped('queue_full'), 1);
  assert.equal(one.queue.size, 1);
});

test('bytes are bounded as well', async () => {
  const { push, dropped } = open({ max_bytes: 10, max_batch_size: 100 });
  push('aaaa', 'bbbb', 'cccc');
  assert.equal(dropped('queue_full'), 1);
  push('x'.repeat(11));
  assert.equal(
    dropped('queue_full'),
    3,
    'the others made room in vain, but nothing is held beyond the bound',
  );
});

test('failures are tried again with doubling delays, until the time is up', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const { push, batches, dropped, sent, logs } = open(
    { initial_retry_delay: 1, max_retry_delay: 3, max_retry_time: 5 },
    'by hand',
  );
  push('a');
  const pass = async (seconds: number) => {
    now += seconds * 1000;
    t.mock.timers.tick(seconds * 1000);
    await turn();
  };
  await turn();
  for (const [at, delay] of [1, 2, 3].entries()) {
    batches[at]!.fail();
    await turn();
    await pass(delay - 0.5);
    assert.equal(batches.length, at + 1);
    await pass(0.5);
    assert.equal(batches.length, at + 2);
  }
  batches[3]!.fail();
  await turn();
  assert.equal(dropped('delivery_failed'), 1);
  assert.equal(logs.at(-1), 'records could not be handed over');
  push('b');
  await turn();
  batches[4]!.fail();
  await turn();
  await pass(1);
  batches[5]!.ok();
  await turn();
  assert.equal(sent(), 1);
});

test('what cannot be delivered is not tried again', async () => {
  const { push, batches, dropped } = open({}, 'by hand');
  push('a', 'b');
  await turn();
  batches[0]!.fail(new Undeliverable('never'));
  await turn();
  assert.equal(dropped('delivery_failed'), 1);
  assert.deepEqual(batches[1]!.entries, ['b']);
});

test('closing hands over what waits, also what waits for another attempt', async () => {
  const { queue, push, batches, released, sentBatches } = open(
    { max_batch_size: 2, initial_retry_delay: 60 },
    'by hand',
  );
  push('a', 'b', 'c');
  await turn();
  batches[0]!.fail();
  await turn();
  const closing = queue.close();
  await turn();
  batches[1]!.ok();
  await turn();
  batches[2]!.ok();
  await closing;
  assert.deepEqual(sentBatches(), ['ab', 'ab', 'c']);
  assert.equal(released(), 1);
  push('late');
  assert.equal(queue.size, 0);
});

test('closing does not wait for ever', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { queue, push, dropped, released } = open({}, 'by hand');
  push('a', 'b');
  await turn();
  const closing = queue.close();
  t.mock.timers.tick(1500);
  await closing;
  assert.equal(dropped('delivery_failed'), 2);
  assert.equal(released(), 1);
});

test('a hundred thousand records with a sink that is down: the memory has a bound, no push throws', () => {
  const { queue, push, dropped } = open({ max_entries: 1000 }, 'by hand');
  for (let i = 0; i < 100_000; i++) push('x');
  assert.equal(queue.size, 1000);
  assert.equal(dropped('queue_full'), 99_000);
});
