/** rate-limiting: counting, windows, identifiers, headers, refusals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WindowCounters } from '../contract.ts';
import { createPluginHarness, type HarnessOptions, type HarnessResult } from '../testkit.ts';
import rateLimiting from './index.ts';

// Half a second before the end of a minute, an hour, a day, a month that has 31 days.
const BEFORE_MIDNIGHT = Date.UTC(2026, 0, 31, 23, 59, 59, 500);

const harness = (config: Record<string, unknown>, options: HarnessOptions = {}) =>
  createPluginHarness(rateLimiting, config, options);

function limits(result: HarnessResult): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(result.headers).filter(([name]) => /ratelimit|retry-after/.test(name)),
  );
}

test('is Kong’s: name and priority', () => {
  assert.equal(rateLimiting.name, 'rate-limiting');
  assert.equal(rateLimiting.priority, 910);
});

test('counts down, then refuses with Kong’s headers and body', async () => {
  const h = harness({ minute: 2 }, { now: Date.UTC(2026, 0, 1, 0, 0, 20) });
  assert.deepEqual(limits(await h.run()), {
    'x-ratelimit-limit-minute': '2',
    'x-ratelimit-remaining-minute': '1',
    'ratelimit-limit': '2',
    'ratelimit-remaining': '1',
    'ratelimit-reset': '40',
  });
  assert.equal((await h.run()).headers['ratelimit-remaining'], '0');
  const refused = await h.run();
  assert.equal(refused.status, 429);
  assert.equal(refused.exit?.message, 'API rate limit exceeded');
  assert.equal(refused.headers['content-type'], 'application/json; charset=utf-8');
  assert.deepEqual(limits(refused), {
    'x-ratelimit-limit-minute': '2',
    'x-ratelimit-remaining-minute': '0',
    'ratelimit-limit': '2',
    'ratelimit-remaining': '0',
    'ratelimit-reset': '40',
    'retry-after': '40',
  });
  h.clock.advance(40_000);
  assert.equal((await h.run()).headers['ratelimit-remaining'], '1');
});

for (const [period, name, length] of [
  ['second', 'Second', 1],
  ['minute', 'Minute', 60],
  ['hour', 'Hour', 3600],
  ['day', 'Day', 86_400],
  ['month', 'Month', 28 * 86_400],
  ['year', 'Year', 0],
] as const) {
  test(`${period}: the window ends with the calendar's, not after its length`, async () => {
    const atEdge = period === 'year' ? Date.UTC(2026, 11, 31, 23, 59, 59, 500) : BEFORE_MIDNIGHT;
    const h = harness({ [period]: 1 }, { now: atEdge });
    const first = await h.run();
    assert.equal(first.headers[`x-ratelimit-limit-${name.toLowerCase()}`], '1');
    assert.equal(first.headers[`x-ratelimit-remaining-${name.toLowerCase()}`], '0');
    assert.equal(first.headers['ratelimit-reset'], '1');
    assert.equal((await h.run()).status, 429);
    h.clock.advance(500);
    const next = await h.run();
    assert.equal(next.status, 200);
    const reset = period === 'year' ? 365 * 86_400 : length;
    assert.equal(next.headers['ratelimit-reset'], String(reset));
    assert.equal((await h.run()).status, 429);
  });
}

test('several windows: refused requests are counted in none, the tightest one is announced', async () => {
  const h = harness({ second: 2, minute: 3, hour: 100 });
  await h.run();
  const second = await h.run();
  assert.deepEqual(
    ['second', 'minute', 'hour'].map((period) => second.headers[`x-ratelimit-remaining-${period}`]),
    ['0', '1', '98'],
  );
  assert.equal(second.headers['ratelimit-limit'], '2');
  const refused = await h.run();
  assert.equal(refused.status, 429);
  assert.equal(refused.headers['x-ratelimit-remaining-minute'], '1');
  assert.equal(refused.headers['x-ratelimit-remaining-hour'], '98');
  assert.equal(refused.headers['retry-after'], '1');
  h.clock.advance(1000);
  const third = await h.run();
  assert.equal(third.headers['ratelimit-limit'], '3', 'the minute is tighter now');
  assert.equal(third.headers['ratelimit-reset'], '59');
  h.clock.advance(1000);
  const full = await h.run();
  assert.equal(full.status, 429);
  assert.equal(full.headers['x-ratelimit-remaining-second'], '2');
  assert.equal(full.headers['retry-after'], '58');
});

test('of windows with the same left, the longer one is announced', async () => {
  const result = await harness({ second: 5, hour: 5 }).run();
  assert.equal(result.headers['ratelimit-reset'], '3600');
});

test('fractional limits', async () => {
  const h = harness({ minute: 1.5 });
  const result = await h.run();
  assert.equal(result.headers['x-ratelimit-limit-minute'], '1.5');
  assert.equal(result.headers['x-ratelimit-remaining-minute'], '0.5');
  assert.equal((await h.run()).headers['x-ratelimit-remaining-minute'], '0');
  assert.equal((await h.run()).status, 429);
});

const ann = {
  id: 'a',
  created_at: 0,
  updated_at: 0,
  tags: null,
  username: 'ann',
  custom_id: null,
};
const key = (id: string) => ({ id, created_at: 0 });

test('limit_by consumer: else credential, else address', async () => {
  const h = harness({ minute: 1 });
  assert.equal((await h.run({ consumer: ann, credential: key('1'), ip: '192.0.2.1' })).status, 200);
  assert.equal((await h.run({ consumer: ann, credential: key('2'), ip: '192.0.2.2' })).status, 429);
  assert.equal((await h.run({ credential: key('1') })).status, 200);
  assert.equal((await h.run({ credential: key('1'), ip: '192.0.2.9' })).status, 429);
  assert.equal((await h.run({ ip: '192.0.2.1' })).status, 200);
  assert.equal((await h.run({ ip: '192.0.2.1' })).status, 429);
  assert.equal((await h.run({ ip: '192.0.2.2' })).status, 200);
});

test('limit_by credential', async () => {
  const h = harness({ minute: 1, limit_by: 'credential' });
  assert.equal((await h.run({ consumer: ann, credential: key('1') })).status, 200);
  assert.equal((await h.run({ consumer: ann, credential: key('2') })).status, 200);
  assert.equal((await h.run({ credential: key('1') })).status, 429);
});

test('limit_by ip: whoever it is; an IPv6 network of 64 bits is one client', async () => {
  const h = harness({ minute: 1, limit_by: 'ip' });
  assert.equal((await h.run({ consumer: ann })).status, 200);
  assert.equal((await h.run({})).status, 429);
  assert.equal((await h.run({ ip: '2001:db8:0:1::1' })).status, 200);
  assert.equal((await h.run({ ip: '2001:db8:0:1:ffff::2' })).status, 429);
  assert.equal((await h.run({ ip: '2001:db8:0:2::1' })).status, 200);
  assert.equal((await h.run({ ip: '::ffff:192.0.2.1' })).status, 429, 'the same as 192.0.2.1');
});

test('limit_by service', async () => {
  const h = harness({ minute: 1, limit_by: 'service' });
  assert.equal((await h.run({ ip: '192.0.2.1' })).status, 200);
  assert.equal((await h.run({ ip: '192.0.2.2' })).status, 429);
});

test('limit_by header: else address', async () => {
  const h = harness({ minute: 1, limit_by: 'header', header_name: 'X-Team' });
  assert.equal((await h.run({ headers: { 'x-team': 'a' } })).status, 200);
  assert.equal((await h.run({ headers: { 'x-team': 'a' }, ip: '192.0.2.2' })).status, 429);
  assert.equal((await h.run({ headers: { 'x-team': 'b' } })).status, 200);
  assert.equal((await h.run({})).status, 200);
  assert.equal((await h.run({})).status, 429);
});

test('limit_by path: that path for all, other paths by address', async () => {
  const h = harness({ minute: 1, limit_by: 'path', path: '/login' });
  assert.equal((await h.run({ path: '/login?x=1' })).status, 200);
  assert.equal((await h.run({ path: '/login', ip: '192.0.2.2' })).status, 429);
  assert.equal((await h.run({ path: '/other' })).status, 200);
  assert.equal((await h.run({ path: '/third' })).status, 429);
});

test('instances with the same scope share counters, others do not', async () => {
  const first = harness({ minute: 1 });
  const kept: WindowCounters[] = [];
  const { createCounterTable } = await import('../../state/counter-table.ts');
  kept.push(createCounterTable({ slots: 64, now: () => first.clock.now }));
  const make = (scope: HarnessOptions['plugin']) =>
    harness({ minute: 1 }, { counters: kept[0]!, plugin: scope! });
  assert.equal((await make({}).run()).status, 200);
  assert.equal((await make({}).run()).status, 429);
  assert.equal((await make({ route: { id: 'r' } }).run()).status, 200);
  assert.equal((await make({ route: { id: 'r' } }).run()).status, 429);
  assert.equal((await make({ service: { id: 'r' } }).run()).status, 200);
});

test('hide_client_headers', async () => {
  const h = harness({ minute: 1, hide_client_headers: true });
  assert.deepEqual(limits(await h.run()), {});
  const refused = await h.run();
  assert.equal(refused.status, 429);
  assert.deepEqual(limits(refused), {});
});

test('error_code and error_message', async () => {
  const h = harness({ minute: 1, error_code: 503, error_message: 'Slow down' });
  await h.run();
  const refused = await h.run();
  assert.equal(refused.status, 503);
  assert.equal(refused.exit?.message, 'Slow down');
});

test('fault_tolerant decides what happens when counting fails', async () => {
  const counters: WindowCounters = {
    take() {
      throw new Error('out of order');
    },
    read: () => 0,
    add: () => 0,
  };
  const tolerant = harness({ minute: 1 }, { counters });
  const passed = await tolerant.run();
  assert.equal(passed.status, 200);
  assert.deepEqual(limits(passed), {});
  assert.match(tolerant.metricsText(), /^cardinal_rate_limiting_errors_total 1$/m);
  const strict = harness({ minute: 1, fault_tolerant: false }, { counters });
  assert.equal((await strict.run()).status, 500);
  assert.equal(strict.logs[0]?.message, 'failed to get usage');
});

const IETF = { now: Date.UTC(2026, 0, 1, 0, 0, 20) };

test('ietf_headers: the fields of the draft, as structured fields', async () => {
  const h = harness({ minute: 2, month: 1000.5, ietf_headers: true }, IETF);
  const { headers } = await h.run();
  assert.equal(headers['ratelimit-policy'], '"minute";q=2;w=60, "month";q=1000;w=2678400');
  assert.equal(headers['ratelimit'], '"minute";r=1;t=40, "month";r=999;t=2678380');
  await h.run();
  const refused = await h.run();
  assert.equal(refused.status, 429);
  assert.equal(refused.headers['ratelimit'], '"minute";r=0;t=40, "month";r=998;t=2678380');
  assert.equal(refused.headers['x-ratelimit-limit-minute'], '2', 'beside the others');
  for (const value of [headers['ratelimit-policy'], headers['ratelimit']])
    assertStructuredList(String(value));
});

test('ietf_headers: hidden with the others, absent unless asked for', async () => {
  const hidden = await harness({ minute: 2, ietf_headers: true, hide_client_headers: true }).run();
  assert.equal(hidden.headers['ratelimit'], undefined);
  assert.equal((await harness({ minute: 2 }).run()).headers['ratelimit-policy'], undefined);
});

/** RFC 9651 3.1: strings with integer parameters. */
function assertStructuredList(text: string): void {
  for (const member of text.split(', '))
    assert.match(member, /^"[\x20-\x21\x23-\x5b\x5d-\x7e]+"(?:;[a-z][a-z0-9_.*-]*=[0-9]{1,15})+$/);
}
