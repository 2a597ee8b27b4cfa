import assert from 'node:assert/strict';
import { test } from 'node:test';
import { API_KEY, cardinalConfig, generatedRoute } from '../contestants/cardinal-config.ts';
import { PLAIN, POLICIES, type Setup } from '../contestants/contestant.ts';
import { CONTESTANTS } from '../contestants/registry.ts';

const SETUP: Setup = {
  workload: PLAIN,
  port: 21001,
  statusPort: 21002,
  extraPort: 21003,
  originPort: 21004,
  directory: '/nowhere',
};

test('everybody is told where to listen and where the origin is', () => {
  for (const contestant of CONTESTANTS) {
    const launch = contestant.launch(SETUP);
    const text = [...launch.args, ...launch.files.values()].join('\n');
    assert.match(text, /\b21001\b/, contestant.id);
    assert.match(text, /\b21004\b/, contestant.id);
  }
});

test('Cardinal is told its workers, and to leave the Admin API out', () => {
  const gateway = CONTESTANTS.find(({ id }) => id === 'cardinal-gateway')!;
  const { args } = gateway.launch({ ...SETUP, workload: { ...PLAIN, workers: 2 } });
  assert.ok(args.join(' ').includes('--admin-listen off --workers 2'));
});

test('the policies are five plugins and one consumer with the key that is sent', () => {
  const input = { originPort: 1, accessLog: '/log' };
  const policies = cardinalConfig({ ...input, workload: POLICIES }) as {
    plugins: { name: string }[];
    consumers: { keyauth_credentials: { key: string }[] }[];
  };
  assert.deepEqual(
    policies.plugins.map(({ name }) => name),
    ['key-auth', 'rate-limiting', 'correlation-id', 'prometheus', 'file-log'],
  );
  assert.equal(policies.consumers[0]!.keyauth_credentials[0]!.key, API_KEY);
  assert.ok(!('plugins' in cardinalConfig({ ...input, workload: PLAIN })));
});

test('generated routes are distinct, and a generation changes one of them only', () => {
  const workload = { kind: 'routes', routes: 1000, workers: 1 } as const;
  const input = { workload, originPort: 1, accessLog: '' };
  type Routed = { services: { routes: { name: string; hosts: string[]; paths?: string[] }[] }[] };
  const first = (cardinalConfig(input, 1) as Routed).services.flatMap(({ routes }) => routes);
  const second = (cardinalConfig(input, 2) as Routed).services.flatMap(({ routes }) => routes);
  assert.equal(new Set(first.map(({ hosts }) => hosts[0])).size, 1001);
  assert.equal(new Set(first.map(({ paths }) => paths?.[0])).size, 1001);
  assert.equal(first.filter((route, index) => route.hosts[0] !== second[index]!.hosts[0]).length, 1);
  assert.notDeepEqual(generatedRoute(3), generatedRoute(103));
});
