/** One computation for everybody who is sent the same, and always of the newest generation. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataPlaneIdentity } from '../../../shared/sync/identity.ts';
import { Publisher } from '../publisher.ts';
import { configured, definitions, SHOP } from './running.ts';

const identity = (service: string, node: string): DataPlaneIdentity => ({
  role: 'microgateway',
  service,
  node,
});

async function publisher() {
  const configuration = await configured(SHOP);
  let signatures = 0;
  const authority = {
    sign: () => {
      signatures++;
      return 'signature';
    },
  };
  const made = new Publisher(authority, definitions, { generation: 1, configuration }, () => 0);
  return { publisher: made, configuration, signatures: () => signatures };
}

test('500 nodes with the same subscription cost one computation a generation', async () => {
  const { publisher: made, configuration, signatures } = await publisher();
  const keys = Array.from({ length: 500 }, (_, i) =>
    made.acquire(
      identity('orders', `node-${i}`),
      i % 2 === 0 ? ['users', 'secret'] : ['secret', 'users'],
      '*',
    ),
  );
  const first = await Promise.all(keys.map((key) => made.scope(key)));
  assert.equal(new Set(first).size, 1);
  assert.equal(signatures(), 1);
  made.serve({ generation: 2, configuration });
  const second = await Promise.all(keys.map((key) => made.scope(key)));
  assert.equal(new Set(second).size, 1);
  assert.equal(signatures(), 2);
  assert.equal(second[0]?.manifest.generation, 2);
  assert.equal(second[0]?.manifest.digest, first[0]?.manifest.digest);
});

test('another service, other calls or other rights are another scope', async () => {
  const { publisher: made } = await publisher();
  const keys = new Set([
    made.acquire(identity('orders', 'a'), [], '*'),
    made.acquire(identity('users', 'a'), [], '*'),
    made.acquire(identity('orders', 'a'), ['users'], '*'),
    made.acquire(identity('orders', 'a'), ['users'], ['users']),
    made.acquire({ role: 'gateway', service: null, node: 'a' }, [], '*'),
  ]);
  assert.equal(keys.size, 5);
});

test('a generation that comes while one is computed is the one that counts', async () => {
  const { publisher: made, configuration } = await publisher();
  const key = made.acquire(identity('orders', 'a'), ['*'], '*');
  const asked = made.scope(key);
  const services = configuration.services.map((service) => ({ ...service, retries: 9 }));
  made.serve({ generation: 2, configuration: { ...configuration, services } });
  const published = await asked;
  assert.equal(published.manifest.generation, 2);
  assert.equal((await made.scope(key)).manifest.generation, 2);
});

test('a scope whose last node has gone is kept for a while, and not for ever', async () => {
  const { publisher: made } = await publisher();
  const key = made.acquire(identity('orders', 'a'), [], '*');
  await made.scope(key);
  made.release(key);
  await made.scope(key);
  for (let i = 0; i < 300; i++) made.release(made.acquire(identity(`service-${i}`, 'b'), [], '*'));
  await assert.rejects(made.scope(key));
});
