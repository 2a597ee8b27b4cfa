/**
 * A control plane that is broken, taken over or replayed: the data plane refuses or hangs up, keeps serving what it
 * has, and takes the next good generation.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { Configuration } from '../../shared/config/entities.ts';
import { EntitySet } from '../../shared/sync/entity-set.ts';
import { encodeFrame } from '../../shared/sync/frames.ts';
import { signManifest } from '../../shared/sync/manifest.ts';
import { type ControlPlaneFrame, MAX_FRAME_BYTES } from '../../shared/sync/protocol.ts';
import { eventually } from '../process/cardinal-process.ts';
import { type AgentUnderTest, startAgent } from './agent-under-test.ts';
import { FakeControlPlane, type Generation, setOf } from './fake-control-plane.ts';
import { ordersConfiguration } from './fixture.ts';

interface Case {
  readonly plane: FakeControlPlane;
  readonly under: AgentUnderTest;
  readonly good: Configuration;
}

/** Connected, with a generation in place. */
async function served(t: TestContext): Promise<Case> {
  const plane = await FakeControlPlane.start(t);
  const good = await ordersConfiguration();
  plane.publish(good);
  const under = await startAgent(t, plane, {
    apply: async (configuration) => {
      if (configuration.routes.some(({ name }) => name === 'more-0'))
        throw Object.assign(new Error("routes 'more-0': cannot be served"), { entity: "routes 'more-0'" });
    },
  });
  await plane.frame('ack');
  return { plane, under, good };
}

/** Whatever happened before: what was served is served, and the next good generation is taken. */
async function stillGood({ plane, under }: Case): Promise<void> {
  const before = under.agent.status();
  assert.equal(before.generation, 1);
  const count = under.applied.length;
  await eventually(
    async () => plane.connected.size,
    (size) => size > 0,
  );
  const next = plane.publish(await ordersConfiguration({ path: '/next' }), { generation: 1000 });
  await plane.frame('ack', 0, ({ digest }) => digest === next.manifest.digest);
  assert.deepEqual(under.applied.at(-1)?.routes[0]?.paths, ['/next']);
  assert.equal(under.applied.length, count + 1);
  assert.equal(under.agent.status().nackedGeneration, null);
  assert.ok(!under.log.some(({ level }) => level === 'crit'));
}

function send(plane: FakeControlPlane, generation: Generation, base?: Generation): void {
  for (const one of plane.connected) plane.sendGeneration(one, generation, base);
}

/** The configuration as its entities, changed by the test; signed and with the digest of what it became. */
function changed(
  { plane, good }: Case,
  collection: string,
  change: (entity: Record<string, unknown>) => Record<string, unknown> | undefined,
): Generation {
  const set = new EntitySet();
  for (const facts of setOf(good).entities()) {
    const entity = facts.collection === collection ? change({ ...facts.entity }) : facts.entity;
    if (entity !== undefined) set.put(facts.collection, entity as never);
  }
  const { manifest } = plane.generation(good, { digest: set.digest() });
  return { manifest, signature: signManifest(manifest, plane.signing), set };
}

const REFUSED: Readonly<
  Record<string, { make(one: Case): Promise<Generation> | Generation; resource: RegExp; error: RegExp }>
> = {
  'signed by another key': {
    make({ plane, good }) {
      const { manifest, set } = plane.generation(good);
      const { privateKey } = generateKeyPairSync('ed25519');
      return { manifest, set, signature: signManifest(manifest, privateKey) };
    },
    resource: /^signature$/,
    error: /does not hold/,
  },
  'a signature for another generation': {
    make({ plane, good }) {
      const { manifest, set } = plane.generation(good);
      return { manifest, set, signature: plane.newest!.signature };
    },
    resource: /^signature$/,
    error: /does not hold/,
  },
  'entities that are not those that were signed': {
    async make({ plane, good }) {
      const { manifest, signature } = plane.generation(good);
      return { manifest, signature, set: setOf(await ordersConfiguration({ keys: ['own-key'] })) };
    },
    resource: /^digest$/,
    error: /the entities have the digest/,
  },
  'made for another service': {
    make: ({ plane, good }) => plane.generation(good, { service: 'payments' }),
    resource: /^manifest$/,
    error: /it is for service payments/,
  },
  'made for a gateway': {
    make: ({ plane, good }) => plane.generation(good, { service: null }),
    resource: /^manifest$/,
    error: /it is for a gateway/,
  },
  'more than was asked for': {
    make: ({ plane, good }) => plane.generation(good, { calls: ['payments'] }),
    resource: /^manifest$/,
    error: /payments, which this node does not call/,
  },
  'an old generation sent again': {
    make: ({ plane, good }) => plane.generation(good, { generation: 0 }),
    resource: /^manifest$/,
    error: /generation 0 is older than 1/,
  },
  'the same number, issued earlier': {
    make: ({ plane, good }) => plane.generation(good, { generation: 1, issuedAt: 5 }),
    resource: /^manifest$/,
    error: /older/,
  },
  'a collection that does not exist here': {
    make({ plane, good }) {
      const set = setOf(good);
      set.put('constructor', { id: '22222222-2222-4222-8222-222222222222' });
      const { manifest } = plane.generation(good, { digest: set.digest() });
      return { manifest, set, signature: signManifest(manifest, plane.signing) };
    },
    resource: /^constructor$/,
    error: /no such collection/,
  },
  'an entity with a key of the prototype': {
    make: (one) =>
      changed(one, 'routes', (route) => Object.defineProperty(route, '__proto__', own({ polluted: 1 }))),
    resource: /^routes orders \(/,
    error: /unknown field/,
  },
  'a map with a key of the prototype': {
    make: (one) =>
      changed(one, 'routes', (route) => ({
        ...route,
        headers: Object.defineProperty({}, '__proto__', own(['x'])),
      })),
    resource: /^routes orders/,
    error: /__proto__/,
  },
  'a value of the wrong type': {
    make: (one) => changed(one, 'services', (service) => ({ ...service, port: '80' })),
    resource: /^services orders/,
    error: /^port: expected an integer/,
  },
  'a plugin that is not installed': {
    make: (one) => changed(one, 'plugins', (plugin) => ({ ...plugin, name: 'unheard-of' })),
    resource: /^plugins unheard-of/,
    error: /not enabled/,
  },
  'an id that is none': {
    make: (one) => changed(one, 'consumers', (consumer) => ({ ...consumer, id: '../../etc/passwd' })),
    resource: /^consumers/,
    error: /^id: /,
  },
  'what should have been generated': {
    make: (one) => changed(one, 'routes', ({ created_at: _, ...route }) => route),
    resource: /^routes orders/,
    error: /^created_at: missing/,
  },
  'a reference that leads nowhere': {
    make: (one) => changed(one, 'services', () => undefined),
    resource: /^(?:routes|plugins) /,
    error: /^service: there is no .* in services/,
  },
  'two of the same name': {
    make(one) {
      const set = setOf(one.good);
      const [service] = one.good.services;
      set.put('services', { ...service, id: '22222222-2222-4222-8222-222222222222' } as never);
      const { manifest } = one.plane.generation(one.good, { digest: set.digest() });
      return { manifest, set, signature: signManifest(manifest, one.plane.signing) };
    },
    resource: /^services orders/,
    error: /^name: another one has the same/,
  },
  'larger than the budget': {
    make: async ({ plane }) => plane.generation(await ordersConfiguration({ more: 800 })),
    resource: /^budget$/,
    error: /more than 262144 bytes/,
  },
  'what cannot be put in place': {
    make: async ({ plane }) => plane.generation(await ordersConfiguration({ more: 1 })),
    resource: /^routes 'more-0'$/,
    error: /cannot be served/,
  },
};

function own(value: unknown): PropertyDescriptor {
  return { value, enumerable: true, configurable: true, writable: true };
}

for (const [name, { make, resource, error }] of Object.entries(REFUSED)) {
  test(`refused: ${name}`, async (t) => {
    const one = await served(t);
    const generation = await make(one);
    send(one.plane, generation);
    const nack = await one.plane.frame('nack');
    assert.match(nack.resource, resource);
    assert.match(nack.error, error);
    assert.equal(nack.generation, generation.manifest.generation);
    assert.equal(nack.digest, generation.manifest.digest);
    assert.doesNotMatch(nack.error, /ann-key/);
    assert.equal(one.under.agent.status().nackedGeneration?.generation, generation.manifest.generation);
    assert.equal(one.under.counted('nacks_total'), 1);
    assert.equal(one.under.applied.length, 1);
    assert.equal(one.plane.connections, 1, 'the connection stays');
    await stillGood(one);
  });
}

test('a change of a generation that the node does not have is refused', async (t) => {
  const one = await served(t);
  const base = one.plane.generation(await ordersConfiguration({ path: '/never-sent' }));
  send(one.plane, one.plane.generation(await ordersConfiguration({ path: '/then' })), base);
  const nack = await one.plane.frame('nack');
  assert.equal(nack.resource, 'base');
  await stillGood(one);
});

const HUNG_UP: Readonly<Record<string, (one: Case) => readonly (Buffer | ControlPlaneFrame | object)[]>> = {
  'a frame that is too large': () => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(MAX_FRAME_BYTES + 1);
    return [head];
  },
  'no JSON': () => [Buffer.from([0, 0, 0, 4, 0x7b, 0x7b, 0x7b, 0x7b])],
  'an unknown type': () => [{ type: 'exec' }],
  'a part of nothing': () => [{ type: 'part', puts: [], deletes: [] }],
  'an end of nothing': () => [{ type: 'end' }],
  'a collection that is no name': ({ plane, good }) => [
    begin(plane.generation(good)),
    { type: 'part', puts: [{ collection: '__proto__', entities: [] }], deletes: [] },
  ],
  'one generation within another': ({ plane, good }) => [
    begin(plane.generation(good)),
    begin(plane.generation(good)),
  ],
  'an entity that nests without end': ({ plane, good }) => {
    let deep: unknown = 1;
    for (let i = 0; i < 2000; i++) deep = [deep];
    return [
      begin(plane.generation(good)),
      { type: 'part', puts: [{ collection: 'routes', entities: [{ id: 'x', deep }] }], deletes: [] },
    ];
  },
  'current, for what the node does not have': ({ plane, good }) => {
    const { manifest, signature } = plane.generation(good, { digest: 'a'.repeat(64) });
    return [{ type: 'current', manifest, signature }];
  },
  'parts that never end': ({ plane, good }) => {
    const part = { type: 'part', puts: [], deletes: [{ collection: 'routes', ids: ['x'.repeat(250)] }] };
    return [begin(plane.generation(good)), ...Array.from({ length: 7_000 }, () => part)];
  },
};

function begin({ manifest, signature }: Generation): ControlPlaneFrame {
  return { type: 'begin', manifest, signature, base: null, refused: [] };
}

for (const [name, frames] of Object.entries(HUNG_UP)) {
  test(`hung up: ${name}`, async (t) => {
    const one = await served(t);
    for (const { socket } of one.plane.connected) {
      for (const frame of frames(one))
        socket.write(Buffer.isBuffer(frame) ? frame : encodeFrame(frame as ControlPlaneFrame));
    }
    await eventually(
      async () => one.plane.connections,
      (count) => count === 2,
    );
    assert.equal(one.under.applied.length, 1);
    await stillGood(one);
  });
}

test('frames before it has said hello, and a stream that is cut in the middle of a generation', async (t) => {
  const one = await served(t);
  const [connected] = one.plane.connected;
  const { manifest, signature } = one.plane.generation(one.good);
  connected?.socket.write(encodeFrame({ type: 'begin', manifest, signature, base: null, refused: [] }));
  connected?.socket.write(Buffer.from([0, 0, 1, 0, 0x7b]));
  connected?.socket.destroy();
  await eventually(
    async () => one.plane.connections,
    (count) => count === 2,
  );
  assert.equal(one.under.applied.length, 1);
  await stillGood(one);
});

test('sent away: it comes back, not before the time', async (t) => {
  const one = await served(t);
  one.plane.sendAll({ type: 'go-away', retryAfterMs: 60 });
  await eventually(
    async () => one.plane.connections,
    (count) => count === 2,
  );
  const status = one.under.agent.status();
  assert.equal(status.source, 'live');
  await stillGood(one);
});
