import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import type { ActiveHealthcheck } from '../../config/entities.ts';
import { createBalancer } from '../balancer/create-balancer.ts';
import type { LiveEndpoint } from '../balancer/live-endpoint.ts';
import { healthchecks, picked, request, targets, upstream, type World, world } from './fixtures.ts';

const anybody = request();

interface Peer {
  readonly target: string;
  readonly server: Server;
  status: number | 'hang';
  probes: number;
  open: number;
  readonly sockets: Set<Socket>;
}

async function listen(status: number | 'hang' = 200): Promise<Peer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    peer.open++;
    socket.on('close', () => {
      sockets.delete(socket);
      peer.open--;
    });
    socket.on('error', () => {});
    socket.on('data', () => {
      peer.probes++;
      if (peer.status !== 'hang') socket.end(`HTTP/1.1 ${peer.status} x\r\n\r\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const peer: Peer = { target: `127.0.0.1:${port}`, server, status, probes: 0, open: 0, sockets };
  return peer;
}

async function close(...peers: Peer[]): Promise<void> {
  for (const { server, sockets } of peers) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

const CHECKS = {
  timeout: 1,
  healthy: { interval: 10, successes: 2 },
  unhealthy: { interval: 5, http_failures: 2, tcp_failures: 2, timeouts: 1 },
};

function start(deps: World, peers: Peer[], active: Record<string, unknown> = {}, id = 'u1') {
  const balancer = createBalancer(
    {
      kind: 'upstream',
      upstream: upstream({
        id,
        healthchecks: healthchecks({ active: { ...CHECKS, ...active } as Partial<ActiveHealthcheck> }),
      }),
      targets: targets(Object.fromEntries(peers.map(({ target }) => [target, 1]))),
    },
    deps,
  );
  return { balancer, endpoints: [...deps.registry.groups.get(id)!.endpoints.values()] };
}

/** Waits, in real time, until what goes over real sockets has happened. */
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.ok(condition(), 'did not happen');
}

/** Moves time until a probe of the endpoint has started and ended. */
async function nextProbe(deps: World, endpoint: LiveEndpoint): Promise<number> {
  const from = deps.clock.now();
  const { probedAt } = endpoint;
  // A refused connection may start and end within one step.
  while (!endpoint.probing && endpoint.probedAt === probedAt) {
    assert.ok(deps.clock.now() - from < 100_000, 'no probe came');
    await deps.clock.advance(10);
  }
  const waited = deps.clock.now() - from;
  await until(() => !endpoint.probing);
  return waited;
}

test('a failing target goes out, a recovering one comes back, each at its own interval', async () => {
  const deps = world({ probes: true });
  const peer = await listen(200);
  const { balancer, endpoints } = start(deps, [peer]);
  const endpoint = endpoints[0]!;
  const near = (waited: number, ms: number) =>
    assert.ok(waited >= ms * 0.89 && waited <= ms + 20, `${waited} instead of ${ms}`);
  near(await nextProbe(deps, endpoint), 10_000);
  assert.equal(endpoint.unhealthy, false);
  peer.status = 500;
  near(await nextProbe(deps, endpoint), 10_000);
  assert.equal(endpoint.unhealthy, false);
  near(await nextProbe(deps, endpoint), 10_000);
  assert.equal(endpoint.unhealthy, true);
  assert.equal(balancer.pick(anybody), 'no_peer');
  peer.status = 418;
  near(await nextProbe(deps, endpoint), 5000);
  peer.status = 200;
  near(await nextProbe(deps, endpoint), 5000);
  assert.equal(endpoint.unhealthy, true);
  near(await nextProbe(deps, endpoint), 5000);
  assert.equal(picked(balancer.pick(anybody)), endpoint);
  assert.equal(peer.probes, 6);
  balancer.release();
  await close(peer);
});

test('refusing and hanging targets', async () => {
  const deps = world({ probes: true });
  const refusing = await listen();
  const hanging = await listen('hang');
  await close(refusing);
  const { balancer, endpoints } = start(deps, [refusing, hanging]);
  const [refused, hung] = endpoints;
  for (let i = 0; i < 200 && hanging.probes === 0; i++) {
    await deps.clock.advance(100);
    await until(() => !refused!.probing);
    if (hung!.probing) await until(() => hanging.probes > 0);
  }
  assert.equal(hung!.unhealthy, false);
  await deps.clock.advance(1000);
  assert.equal(hung!.unhealthy, true, 'the timeout ended it');
  await nextProbe(deps, refused!);
  assert.equal(refused!.unhealthy, true);
  balancer.release();
  await close(hanging);
});

test('an interval of 0 switches that loop off', async () => {
  const deps = world({ probes: true });
  const peer = await listen(200);
  const onlyUnhealthy = start(deps, [peer], { healthy: { interval: 0, successes: 1 } });
  await deps.clock.advance(60_000);
  assert.equal(peer.probes, 0);
  deps.board.setHealth('u1', peer.target, undefined, false);
  await nextProbe(deps, onlyUnhealthy.endpoints[0]!);
  assert.equal(onlyUnhealthy.endpoints[0]!.unhealthy, false);
  onlyUnhealthy.balancer.release();
  await deps.clock.advance(15_000);

  const onlyHealthy = start(deps, [peer], { unhealthy: { ...CHECKS.unhealthy, interval: 0 } });
  deps.board.setHealth('u1', peer.target, undefined, false);
  const before = peer.probes;
  await deps.clock.advance(60_000);
  assert.equal(peer.probes, before);
  onlyHealthy.balancer.release();
  await close(peer);
});

test('a thread that does not probe does not, but follows what others publish', async () => {
  const probing = world({ probes: true });
  const other = world({ probes: false });
  const peer = await listen(500);
  const one = start(probing, [peer]);
  const two = start(other, [peer]);
  await other.clock.advance(60_000);
  assert.equal(peer.probes, 0);
  for (let i = 0; i < 2; i++) {
    await nextProbe(probing, one.endpoints[0]!);
    for (const event of probing.published.splice(0)) other.board.receive(event);
  }
  assert.equal(two.endpoints[0]!.unhealthy, true);
  one.balancer.release();
  two.balancer.release();
  await close(peer);
});

test('no more probes at once than configured', async () => {
  const deps = world({ probes: true });
  const peers = await Promise.all(Array.from({ length: 5 }, () => listen('hang')));
  const { balancer, endpoints } = start(deps, peers, { concurrency: 2 });
  await deps.clock.advance(10_000);
  const running = () => endpoints.filter(({ probing }) => probing).length;
  assert.equal(running(), 2);
  let most = 0;
  for (let i = 0; i < 40; i++) {
    await deps.clock.advance(100);
    most = Math.max(most, running());
  }
  assert.equal(most, 2);
  assert.ok(
    endpoints.every(({ unhealthy }) => unhealthy),
    'all had their turn',
  );
  balancer.release();
  await close(...peers);
});

test('configuration changes neither put probes off nor double them', async () => {
  const deps = world({ probes: true });
  const peer = await listen(200);
  let current = start(deps, [peer]);
  for (let i = 0; i < 60; i++) {
    await deps.clock.advance(1000);
    if (current.endpoints[0]!.probing) await until(() => !current.endpoints[0]!.probing);
    const next = start(deps, [peer]);
    current.balancer.release();
    current = next;
  }
  assert.ok(peer.probes >= 5 && peer.probes <= 7, String(peer.probes));
  current.balancer.release();
  await close(peer);
});

test('release ends probes under way and their timers; the next generation takes over', async () => {
  const deps = world({ probes: true });
  const peer = await listen('hang');
  const before = start(deps, [peer]);
  const endpoint = before.endpoints[0]!;
  for (let i = 0; i < 200 && !endpoint.probing; i++) await deps.clock.advance(100);
  await until(() => peer.open === 1);
  const after = start(deps, [peer]);
  before.balancer.release();
  await until(() => peer.open === 0);
  assert.equal(endpoint.unhealthy, false);
  peer.status = 200;
  await nextProbe(deps, endpoint);
  after.balancer.release();
  await deps.clock.advance(20_000);
  assert.equal(deps.clock.timers, 0);
  await close(peer);
});
