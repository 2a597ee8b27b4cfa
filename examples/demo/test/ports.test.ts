/** Ports that are taken: the next free one is used, and said. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { choosePorts, type DemoPorts } from '../ports.ts';

function all(ports: DemoPorts): number[] {
  const { services, ...others } = ports;
  return [
    ...Object.values(others),
    ...Object.values(services).flatMap((one) => Object.values(one) as number[]),
  ];
}

test('a block of ports, all different', async () => {
  const { ports, notes } = await choosePorts(0);
  const chosen = all(ports);
  assert.equal(new Set(chosen).size, 13);
  assert.ok(chosen.every((port) => port >= 10_000 && port < 32_000));
  assert.deepEqual(notes, []);
});

test('a port that is taken is passed over', async (t) => {
  const base = (await choosePorts(0)).ports.proxy;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: base }, resolve));
  t.after(() => server.close());
  const { ports, notes } = await choosePorts(base);
  const chosen = all(ports);
  assert.ok(!chosen.includes(base));
  assert.equal(new Set(chosen).size, 13);
  assert.ok(ports.proxy > base);
  assert.match(notes[0] ?? '', new RegExp(`^port ${base} is taken.*; using ${ports.proxy}$`));
});
