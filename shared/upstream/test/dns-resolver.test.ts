import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostAddresses } from '../dns/hosts-file.ts';
import type { DnsOrder } from '../dns/lookup.ts';
import { parseResolvConf } from '../dns/resolv-conf.ts';
import { Resolver, type ResolverOptions } from '../dns/resolver.ts';
import type { DnsRecord, DnsTransport, QueryType } from '../dns/transport.ts';
import { FakeClock, settle } from './fake-clock.ts';

type Answer = DnsRecord[] | string | 'hang';

class FakeServer implements DnsTransport {
  readonly asked: string[] = [];
  readonly answers = new Map<string, Answer>();
  closed = false;

  async query(name: string, type: QueryType): Promise<DnsRecord[]> {
    const question = `${type} ${name}`;
    this.asked.push(question);
    const answer = this.answers.get(question) ?? 'ENOTFOUND';
    if (answer === 'hang') return new Promise(() => {});
    if (typeof answer === 'string') throw Object.assign(new Error(answer), { code: answer });
    return answer;
  }

  close(): void {
    this.closed = true;
  }
}

const a = (ip: string, ttlSeconds = 30): DnsRecord => ({ type: 'A', ip, ttlSeconds });
const srv = (name: string, port: number, priority = 0, weight = 1): DnsRecord => ({
  type: 'SRV',
  name,
  port,
  priority,
  weight,
});

const HOSTS: Record<string, HostAddresses> = {
  localhost: { ipv4: ['127.0.0.1'], ipv6: ['::1'] },
  'six.test': { ipv4: [], ipv6: ['2001:db8::6'] },
};

type Options = { order?: DnsOrder[]; conf?: string } & Partial<
  Pick<ResolverOptions, 'maxNames' | 'validTtlMs' | 'staleMs' | 'errorTtlMs' | 'notFoundTtlMs'>
>;

function setUp({ order, conf = '', ...rest }: Options = {}) {
  const clock = new FakeClock();
  const server = new FakeServer();
  const resolver = new Resolver({
    clock,
    transport: server,
    hosts: { lookup: async (name) => HOSTS[name] },
    conf: parseResolvConf(conf),
    order,
    ...rest,
  });
  const watch = (name: string) => {
    let changes = 0;
    const inner = resolver.watch(name, () => {
      changes++;
    });
    return {
      get ips() {
        const { resolution } = inner;
        return resolution.state === 'found'
          ? resolution.addresses.map(({ ip }) => ip).join()
          : resolution.state;
      },
      get addresses() {
        const { resolution } = inner;
        return resolution.state === 'found' ? resolution.addresses : [];
      },
      get changes() {
        return changes;
      },
      first: inner.first,
      close: () => inner.close(),
    };
  };
  return { clock, server, resolver, watch };
}

test('the first answer settles, later ones come with the TTL and only changes are told', async () => {
  const { clock, server, watch } = setUp();
  server.answers.set('A api.test', [a('10.0.0.1', 20), a('10.0.0.2', 5)]);
  const name = watch('API.test');
  assert.equal(name.ips, 'pending');
  await name.first;
  assert.equal(name.ips, '10.0.0.1,10.0.0.2');
  assert.equal(name.changes, 1);
  assert.equal(clock.nextIn, 5000, 'the shortest TTL counts');
  server.answers.set('A api.test', [a('10.0.0.2', 5), a('10.0.0.1', 5)]);
  await clock.advance(5000);
  assert.equal(name.changes, 1, 'another order is no change');
  server.answers.set('A api.test', [a('10.0.0.3', 5)]);
  await clock.advance(5000);
  assert.equal(name.ips, '10.0.0.3');
  assert.equal(name.changes, 2);
  assert.equal(server.asked.length, 3);
});

test('TTLs are clamped to 1 and 60 seconds', async () => {
  for (const [ttl, ms] of [
    [0, 1000],
    [1, 1000],
    [59, 59_000],
    [86_400, 60_000],
  ] as const) {
    const { clock, server, watch } = setUp();
    server.answers.set('A api.test', [a('10.0.0.1', ttl)]);
    await watch('api.test').first;
    assert.equal(clock.nextIn, ms);
  }
});

test('one lookup serves everybody who watches; the last to leave ends it', async () => {
  const { clock, server, resolver, watch } = setUp();
  server.answers.set('A api.test', [a('10.0.0.1', 1)]);
  const first = watch('api.test');
  const second = watch('api.test');
  await first.first;
  assert.deepEqual(server.asked, ['A api.test']);
  assert.equal(second.ips, '10.0.0.1');
  first.close();
  first.close();
  await clock.advance(1000);
  assert.equal(server.asked.length, 2);
  second.close();
  assert.equal(clock.timers, 0);
  assert.deepEqual(resolver.status(), []);
});

/** Every second one refresh is due (TTL 1); what the servers say, and what is served `at` ms later. */
const FAILURES: [string, string, [number, string][]][] = [
  [
    'servers fail',
    'ESERVFAIL',
    [
      [1000, '10.0.0.1'],
      [60_000, '10.0.0.1'],
      [3_599_000, '10.0.0.1'],
      [3_640_000, 'failed'],
    ],
  ],
  [
    'servers are silent',
    'ETIMEOUT',
    [
      [3_599_000, '10.0.0.1'],
      [3_640_000, 'failed'],
    ],
  ],
  [
    'servers refuse',
    'ECONNREFUSED',
    [
      [3_599_000, '10.0.0.1'],
      [3_640_000, 'failed'],
    ],
  ],
  [
    'the name has gone',
    'ENOTFOUND',
    [
      [1000, '10.0.0.1'],
      [30_000, '10.0.0.1'],
      [31_000, 'not_found'],
    ],
  ],
  [
    'the name has no addresses any more',
    'ENODATA',
    [
      [30_000, '10.0.0.1'],
      [31_000, 'not_found'],
    ],
  ],
  [
    'lookups never end',
    'hang',
    [
      [60_000, '10.0.0.1'],
      [3_650_000, 'failed'],
    ],
  ],
];

for (const [name, answer, expected] of FAILURES) {
  test(`after a good answer, ${name}`, async () => {
    const { clock, server, watch } = setUp();
    server.answers.set('A api.test', [a('10.0.0.1', 1)]);
    const watched = watch('api.test');
    await watched.first;
    server.answers.set('A api.test', answer);
    let at = 0;
    for (const [ms, ips] of expected) {
      await clock.advance(ms - at);
      at = ms;
      assert.equal(watched.ips, ips, `after ${ms} ms`);
    }
    server.answers.set('A api.test', [a('10.0.0.9', 1)]);
    await clock.advance(45_000);
    assert.equal(watched.ips, '10.0.0.9', 'it comes back');
  });
}

test('failures are retried after 1 s, 2 s, ... 30 s', async () => {
  const { clock, server, watch } = setUp();
  server.answers.set('A api.test', 'ESERVFAIL');
  const watched = watch('api.test');
  await watched.first;
  assert.equal(watched.ips, 'failed');
  const delays: number[] = [];
  for (let i = 0; i < 7; i++) {
    delays.push(clock.nextIn!);
    await clock.advance(clock.nextIn!);
  }
  assert.deepEqual(delays, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  assert.equal(server.asked.length, 8);
  server.answers.set('A api.test', [a('10.0.0.1', 60)]);
  await clock.advance(30_000);
  assert.equal(watched.ips, '10.0.0.1');
  assert.equal(clock.nextIn, 60_000);
});

test('the settings of Kong: valid, stale, not found and error TTL', async () => {
  const { clock, server, watch } = setUp({
    validTtlMs: 120_000,
    staleMs: 5000,
    errorTtlMs: 500,
    notFoundTtlMs: 900,
  });
  server.answers.set('A api.test', [a('10.0.0.1', 1)]);
  const name = watch('api.test');
  const gone = watch('gone.test');
  await name.first;
  await gone.first;
  assert.equal(clock.nextIn, 500, 'gone.test');
  await clock.advance(500);
  assert.equal(clock.nextIn, 900, 'gone.test, no longer than the setting');
  gone.close();
  assert.equal(clock.nextIn, 119_500, 'api.test, not the TTL of its answer');
  server.answers.set('A api.test', 'ESERVFAIL');
  await clock.advance(119_500);
  assert.equal(clock.nextIn, 500);
  await clock.advance(4500);
  assert.equal(name.ips, '10.0.0.1');
  await clock.advance(500);
  assert.equal(name.ips, 'failed', 'stale for five seconds and no longer');
});

test('a server that fails does not start the grace of a name that has gone', async () => {
  const { clock, server, watch } = setUp();
  server.answers.set('A api.test', [a('10.0.0.1', 1)]);
  const watched = watch('api.test');
  await watched.first;
  server.answers.set('A api.test', 'ESERVFAIL');
  await clock.advance(100_000);
  server.answers.set('A api.test', 'ENOTFOUND');
  await clock.advance(31_000);
  assert.equal(watched.ips, '10.0.0.1');
  await clock.advance(60_000);
  assert.equal(watched.ips, 'not_found');
});

test('without an answer so far, the failure shows at once', async () => {
  for (const [answer, state] of [
    ['ENOTFOUND', 'not_found'],
    ['ENODATA', 'not_found'],
    ['ETIMEOUT', 'failed'],
  ] as const) {
    const { server, watch } = setUp();
    server.answers.set('A api.test', answer);
    const watched = watch('api.test');
    await watched.first;
    assert.equal(watched.ips, state);
  }
});

test('search domains and ndots', async () => {
  const conf = 'search a.test b.test\noptions ndots:2 timeout:1';
  const cases: [string, string[]][] = [
    ['svc', ['A svc.a.test', 'A svc.b.test', 'A svc']],
    ['svc.ns', ['A svc.ns.a.test', 'A svc.ns.b.test', 'A svc.ns']],
    ['svc.ns.x', ['A svc.ns.x', 'A svc.ns.x.a.test', 'A svc.ns.x.b.test']],
    ['svc.', ['A svc']],
  ];
  for (const [name, asked] of cases) {
    const { server, watch } = setUp({ conf });
    await watch(name).first;
    assert.deepEqual(server.asked, asked);
  }
  const { server, watch } = setUp({ conf });
  server.answers.set('A svc.b.test', [a('10.0.0.1')]);
  server.answers.set('A svc.a.test', 'ESERVFAIL');
  const watched = watch('svc');
  await watched.first;
  assert.equal(watched.ips, '10.0.0.1');
  server.answers.delete('A svc.b.test');
  const failing = watch('svc.');
  await failing.first;
  assert.equal(failing.ips, 'not_found');
});

test('a search domain whose servers fail is not "does not exist"', async () => {
  const { server, watch } = setUp({ conf: 'search a.test' });
  server.answers.set('A svc.a.test', 'ESERVFAIL');
  const watched = watch('svc');
  await watched.first;
  assert.equal(watched.ips, 'failed');
});

test('record types are asked for in the configured order', async () => {
  const cases: [DnsOrder[] | undefined, string, string[]][] = [
    [undefined, 'api.test', ['A api.test']],
    [undefined, '_http._tcp.api.test', ['SRV _http._tcp.api.test']],
    [['LAST', 'SRV', 'A', 'CNAME'], 'api.test', ['SRV api.test', 'A api.test', 'CNAME api.test']],
    [['A', 'AAAA'], 'api.test', ['A api.test', 'AAAA api.test']],
  ];
  for (const [order, name, asked] of cases) {
    const { server, watch } = setUp(order === undefined ? {} : { order });
    await watch(name).first;
    assert.deepEqual(server.asked, asked);
  }
});

test('LAST asks first for what answered last time', async () => {
  const { clock, server, watch } = setUp({ order: ['LAST', 'SRV', 'A'] });
  server.answers.set('A api.test', [a('10.0.0.1', 1)]);
  await watch('api.test').first;
  server.asked.length = 0;
  await clock.advance(1000);
  assert.deepEqual(server.asked, ['A api.test']);
});

test('AAAA answers when A does not', async () => {
  const { server, watch } = setUp({ order: ['A', 'AAAA'] });
  server.answers.set('AAAA api.test', [{ type: 'AAAA', ip: '2001:db8::1', ttlSeconds: 5 }]);
  const watched = watch('api.test');
  await watched.first;
  assert.equal(watched.ips, '2001:db8::1');
});

test('SRV: only the lowest priority, with port, weight of at least 1 and name', async () => {
  const { clock, server, watch } = setUp();
  server.answers.set('SRV _http._tcp.api.test', [
    srv('a.test', 1001, 1, 0),
    srv('b.test.', 1002, 1, 5),
    srv('backup.test', 1003, 2, 5),
  ]);
  server.answers.set('A a.test', [a('10.0.0.1', 3)]);
  server.answers.set('A b.test', [a('10.0.0.2', 60), a('10.0.0.3', 60)]);
  const watched = watch('_http._tcp.api.test');
  await watched.first;
  assert.deepEqual(watched.addresses, [
    { ip: '10.0.0.1', port: 1001, weight: 1, name: 'a.test' },
    { ip: '10.0.0.2', port: 1002, weight: 5, name: 'b.test.' },
    { ip: '10.0.0.3', port: 1002, weight: 5, name: 'b.test.' },
  ]);
  assert.equal(clock.nextIn, 3000);
});

test('SRV: "." means not available; targets that fail leave the others', async () => {
  const { server, watch } = setUp({ order: ['SRV', 'A'] });
  server.answers.set('SRV off.test', [srv('', 0)]);
  const off = watch('off.test');
  await off.first;
  assert.equal(off.ips, 'not_found');
  server.answers.set('SRV half.test', [srv('up.test', 1), srv('down.test', 2)]);
  server.answers.set('A up.test', [a('10.0.0.1')]);
  server.answers.set('A down.test', 'ESERVFAIL');
  const half = watch('half.test');
  await half.first;
  assert.equal(half.ips, '10.0.0.1');
});

test('CNAMEs are followed, but not for ever', async () => {
  const { server, watch } = setUp({ order: ['A', 'CNAME'] });
  server.answers.set('CNAME api.test', [{ type: 'CNAME', name: 'real.test' }]);
  server.answers.set('A real.test', [a('10.0.0.1')]);
  const watched = watch('api.test');
  await watched.first;
  assert.equal(watched.ips, '10.0.0.1');
  server.answers.set('CNAME loop.test', [{ type: 'CNAME', name: 'loop.test' }]);
  const loop = watch('loop.test');
  await loop.first;
  assert.equal(loop.ips, 'not_found');
});

test('addresses and the hosts file need no server; too long names are not asked for', async () => {
  const { server, watch } = setUp();
  for (const [name, ips] of [
    ['10.0.0.1', '10.0.0.1'],
    ['::1', '::1'],
    ['localhost', '127.0.0.1'],
    ['LOCALHOST.', '127.0.0.1'],
    ['six.test', '2001:db8::6'],
    [`${'a.'.repeat(127)}a`, 'not_found'],
  ] as const) {
    const watched = watch(name);
    await watched.first;
    assert.equal(watched.ips, ips);
  }
  assert.deepEqual(server.asked, []);
});

test('the number of names is bounded', async () => {
  const { resolver, watch } = setUp({ maxNames: 2 });
  const first = watch('a.test');
  watch('b.test');
  const refused = watch('c.test');
  await refused.first;
  assert.equal(refused.ips, 'failed');
  first.close();
  watch('d.test');
  assert.deepEqual(
    resolver.status().map(({ name }) => name),
    ['b.test', 'd.test'],
  );
});

test('lookups at once are bounded, and all names get their turn', async () => {
  const { server, watch } = setUp();
  const hanging = Array.from({ length: 64 }, (_, i) => `hang${i}.test`);
  for (const name of hanging) server.answers.set(`A ${name}`, 'hang');
  const watches = hanging.map(watch);
  server.answers.set('A api.test', [a('10.0.0.1')]);
  const waiting = watch('api.test');
  await settle();
  assert.equal(waiting.ips, 'pending');
  assert.equal(watches.length, 64);
  assert.equal(server.asked.length, 64);
});

test('a lookup that never ends is given up', async () => {
  const { clock, server, watch } = setUp();
  const hanging = Array.from({ length: 64 }, (_, i) => `hang${i}.test`);
  for (const name of hanging) server.answers.set(`A ${name}`, 'hang');
  const watches = hanging.map(watch);
  server.answers.set('A api.test', [a('10.0.0.1')]);
  const waiting = watch('api.test');
  await clock.advance(15_000);
  assert.equal(watches[0]!.ips, 'failed');
  assert.equal(waiting.ips, '10.0.0.1');
});

test('status tells what is stale', async () => {
  const { clock, server, resolver, watch } = setUp();
  server.answers.set('A api.test', [a('10.0.0.1', 1)]);
  await watch('api.test').first;
  server.answers.set('A api.test', 'ESERVFAIL');
  await clock.advance(2500);
  const [status] = resolver.status();
  assert.equal(status?.stale, true);
  assert.equal(status?.failures, 2);
  resolver.close();
  assert.equal(server.closed, true);
  assert.equal(clock.timers, 0);
});
