/**
 * Measures what counting one request costs, for 1 to 10,000 routes in turn, with and without a consumer; a report is
 * taken every 25,000 requests, as at 25,000 requests a second. Run: `node shared/observe/bench.ts`.
 *
 * It prints numbers and asserts nothing.
 */
import { makeConsumer, makeRoute, makeService } from '../plugins/testkit/entities.ts';
import { TrafficCounters } from './traffic/traffic-counters.ts';
import { routeKey } from './traffic/traffic-key.ts';

const REQUESTS = 500_000;
const ROUNDS = 6;

function microseconds(routes: number, consumer: ReturnType<typeof makeConsumer> | undefined): number {
  const counters = new TrafficCounters();
  const service = makeService({});
  const keys = Array.from({ length: routes }, (_, at) =>
    routeKey('edge', makeRoute({ id: `r${at}`, name: `r${at}` }), service),
  );
  const endpoint = { ip: '10.0.0.1', port: 80, hostname: 'a', key: 'a|10.0.0.1|80', traffic: undefined };
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < REQUESTS; i++) {
      const key = keys[(i * 7919) % routes]!;
      counters.count(key, 200, 0, (i % 1000) / 50, (i % 900) / 50, (i % 50) / 200, 0, consumer, endpoint);
      if (i % 25_000 === 0) counters.take();
    }
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / REQUESTS);
  }
  return best;
}

for (const routes of [1, 100, 1000, 10_000]) {
  for (const consumer of [undefined, makeConsumer({ username: 'alice' })]) {
    const what = `${routes} routes, ${consumer === undefined ? 'no consumer' : 'a consumer'}`;
    process.stdout.write(`${what.padEnd(28)}${microseconds(routes, consumer).toFixed(3)} us a request\n`);
  }
}
