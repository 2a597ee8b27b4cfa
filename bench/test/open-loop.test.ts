import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { runOpenLoop, seededRandom } from '../measure/open-loop.ts';

const LOAD = { path: '/', headers: {}, rate: 500, warmUpSeconds: 0, seconds: 0.1, connections: 4, seed: 7 };

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
  const result = await runOpenLoop({ ...LOAD, port });
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
  const result = await runOpenLoop({ ...LOAD, port });
  server.closeAllConnections();
  server.close();
  assert.ok(result.sent > 0);
  assert.equal(result.failed, result.sent);
});
