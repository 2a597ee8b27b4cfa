import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { expectedInFlight } from '../load/gates.ts';
import { Histogram, type StoredHistogram } from '../measure/histogram.ts';
import { runOpenLoop } from '../measure/open-loop.ts';
import { seededRandom } from '../measure/random.ts';

const LOAD = { rate: 500, warmUpSeconds: 0, seconds: 0.1, connections: 4, seed: 7 };

test('the same seed draws the same arrivals', () => {
  const [first, second, other] = [seededRandom(1), seededRandom(1), seededRandom(2)];
  const drawn = Array.from({ length: 5 }, () => first());
  assert.deepEqual(
    Array.from({ length: 5 }, () => second()),
    drawn,
  );
  assert.notEqual(other(), drawn[0]);
  assert.ok(drawn.every((value) => value >= 0 && value < 1));
});

test('every request that was sent is answered and in the distribution', async () => {
  const server = createServer((_, response) => response.end('ok'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const result = await runOpenLoop({ ...LOAD, targets: [{ name: 'a', port, path: '/', headers: {} }] });
  server.closeAllConnections();
  server.close();
  assert.ok(result.sent > 0);
  assert.equal(result.answered, result.sent);
  assert.equal(result.failed, 0);
  assert.ok(result.p50Us > 0 && result.p50Us <= result.p99Us && result.p99Us <= result.maxUs);
});

test('answers other than 200 are failures', async () => {
  const server = createServer((_, response) => {
    response.statusCode = 503;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const result = await runOpenLoop({ ...LOAD, targets: [{ name: 'a', port, path: '/', headers: {} }] });
  server.closeAllConnections();
  server.close();
  assert.ok(result.sent > 0);
  assert.equal(result.failed, result.sent);
});

/** Answers on raw connections, so that the test alone decides when. */
async function answering(
  t: TestContext,
  delayOf: (serial: number) => number,
): Promise<{ readonly port: number; readonly server: Server }> {
  let serial = 0;
  const server = createServer((_, response) => {
    const delayMs = delayOf(serial++);
    if (delayMs === 0) response.end('ok');
    else setTimeout(() => response.end('ok'), delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server };
}

test('a known delay is what is measured', async (t) => {
  const { port } = await answering(t, () => 20);
  const result = await runOpenLoop({
    ...LOAD,
    rate: 200,
    connections: 32,
    seconds: 0.2,
    sleeps: true,
    targets: [{ name: 'a', port, path: '/', headers: {} }],
  });
  assert.ok(result.p50Us >= 19_000, `${result.p50Us}`);
  assert.equal(result.failed, 0);
});

test('a stall counts for all who meant to leave during it, not for the one who met it', async (t) => {
  // One connection: what is due during the stall cannot even be sent. A closed loop would record one slow answer.
  const { port } = await answering(t, (serial) => (serial === 5 ? 100 : 0));
  const result = await runOpenLoop({
    ...LOAD,
    rate: 400,
    connections: 1,
    seconds: 0.2,
    targets: [{ name: 'a', port, path: '/', headers: {} }],
  });
  const slow = (histogram: StoredHistogram): number => {
    const whole = Histogram.from(histogram);
    let q = 0;
    while (q < 1 && whole.quantileUs(q) < 10_000) q += 0.01;
    return Math.round((1 - q) * whole.total);
  };
  assert.ok(slow(result.latency) >= 15, `${slow(result.latency)} of ${result.sent} saw the stall`);
  assert.ok(slow(result.service) <= 3, `${slow(result.service)} were slow once they had been sent`);
});

test('what is cut or refused has failed, in the bin in which it was meant to leave', async (t) => {
  const { port, server } = await answering(t, () => 0);
  setTimeout(() => {
    server.close();
    server.closeAllConnections();
  }, 120);
  const result = await runOpenLoop({
    ...LOAD,
    seconds: 0.3,
    targets: [{ name: 'a', port, path: '/', headers: {} }],
  });
  assert.ok(result.failed > 0);
  const [target] = result.targets;
  assert.equal(target!.failed, result.failed);
  assert.equal(target!.bins[0]![1], 0);
  assert.equal(target!.bins.at(-1)![1], target!.bins.at(-1)![0]);
  assert.equal(Histogram.from(result.latency).infinite, result.failed);
});

test("Little's law holds between the count under way and rate times time", async (t) => {
  const { port } = await answering(t, (serial) => serial % 7);
  const result = await runOpenLoop({
    ...LOAD,
    seconds: 0.3,
    connections: 16,
    targets: [{ name: 'a', port, path: '/', headers: {} }],
  });
  assert.ok(Math.abs(result.inFlight - expectedInFlight(result)) <= 0.02 * result.inFlight);
});
