/** What makes a measurement void, each with a run that deserves it. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { GATES, voidReason } from '../load/gates.ts';
import { Histogram } from '../measure/histogram.ts';
import { type OpenLoopResult, runOpenLoop } from '../measure/open-loop.ts';

/** A run of 1,000 requests of 1 ms, one second. */
function goodRun(more: Partial<OpenLoopResult> = {}): OpenLoopResult {
  const latency = new Histogram();
  for (let i = 0; i < 1000; i++) latency.record(1000);
  return {
    rate: 1000,
    sent: 1000,
    sentInAll: 1000,
    answered: 1000,
    failed: 0,
    achieved: 1,
    p50Us: 1000,
    p90Us: 1000,
    p99Us: 1000,
    p999Us: 1000,
    maxUs: 1000,
    sendLagP99Us: 20,
    latency: latency.stored(),
    service: latency.stored(),
    inFlight: 1,
    saturated: false,
    generatorCpu: 0.2,
    measuredSeconds: 1,
    beganAtMs: 0,
    targets: [],
    ...more,
  };
}

test('a run within all bounds counts', () => {
  assert.equal(voidReason(goodRun()), null);
});

test('a generator that was late, or had too little of its core, makes a run void', () => {
  assert.match(voidReason(goodRun({ sendLagP99Us: 201 })) ?? '', /sent late/);
  assert.equal(voidReason(goodRun({ sendLagP99Us: 201, p50Us: 10_000 })), null);
  assert.match(voidReason(goodRun({ generatorCpu: 0.71 })) ?? '', /of its core/);
});

test('errors, a missed rate and a full queue make a run void', () => {
  assert.match(
    voidReason(goodRun({ failed: 1, answered: 999 })) ?? '',
    /1 of 1000 requests were not answered/,
  );
  const lenient = { ...GATES, errors: 0.1 };
  assert.match(voidReason(goodRun({ failed: 10, answered: 990 }), lenient) ?? '', /of the rate/);
  assert.match(voidReason(goodRun({ saturated: true })) ?? '', /saturated/);
  assert.match(voidReason(goodRun({ sent: 0 })) ?? '', /no request/);
});

test("a run against Little's law is void: requests were lost, or counted twice", () => {
  assert.match(voidReason(goodRun({ inFlight: 1.03 })) ?? '', /Little/);
  assert.equal(voidReason(goodRun({ inFlight: 1.01 })), null);
});

async function server(t: TestContext): Promise<number> {
  const made = createServer((_, response) => response.end('ok'));
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    made.closeAllConnections();
    made.close();
  });
  return (made.address() as AddressInfo).port;
}

test('a generator whose thread is held up is found out by itself', async (t) => {
  const port = await server(t);
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const holding = setInterval(() => void Atomics.wait(cell, 0, 0, 25), 30);
  t.after(() => clearInterval(holding));
  const result = await runOpenLoop({
    targets: [{ name: 'a', port, path: '/', headers: {} }],
    rate: 300,
    warmUpSeconds: 0,
    seconds: 0.3,
    connections: 8,
    seed: 1,
  });
  assert.match(voidReason(result) ?? '', /sent late/);
});
