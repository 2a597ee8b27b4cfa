/** What is not a frame of the protocol is refused, field by field. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameError } from '../frames.ts';
import type { ControlPlaneFrame, DataPlaneFrame } from '../protocol.ts';
import { readControlPlaneFrame, readDataPlaneFrame } from '../read-frame.ts';

const DIGEST = 'ab'.repeat(32);
const MANIFEST = {
  generation: 7,
  digest: DIGEST,
  configurationHash: 'c'.repeat(32),
  service: 'orders',
  calls: ['users'],
  issuedAt: 1,
};
const FROM_DATA_PLANE: readonly DataPlaneFrame[] = [
  {
    type: 'hello',
    node: '8c0e0a52-31a1-4b0f-9a5e-4f1f6f0d2d11',
    role: 'microgateway',
    version: '0.1.0',
    hostname: 'box',
    plugins: { 'key-auth': '1.0.0' },
    subscription: { service: 'orders', calls: ['users'] },
    have: { generation: 3, digest: DIGEST },
    budgetBytes: 1000,
    statusAddress: '10.0.0.1:8100',
  },
  { type: 'ack', generation: 1, digest: DIGEST },
  { type: 'nack', generation: 1, digest: DIGEST, resource: 'budget', error: 'too much' },
  { type: 'report', rssBytes: 1, requestsTotal: 2, uptimeSeconds: 3, generation: 4 },
  { type: 'ping' },
];
const FROM_CONTROL_PLANE: readonly ControlPlaneFrame[] = [
  { type: 'begin', manifest: MANIFEST, signature: 'c2ln', base: null, refused: ['users'] },
  { type: 'begin', manifest: { ...MANIFEST, service: null }, signature: 'c2ln', base: DIGEST, refused: [] },
  {
    type: 'part',
    puts: [{ collection: 'services', entities: [{ id: 'one', name: 'orders' }] }],
    deletes: [{ collection: 'routes', ids: ['two'] }],
  },
  { type: 'end' },
  { type: 'current', manifest: MANIFEST, signature: 'c2ln' },
  { type: 'pong' },
  { type: 'go-away', retryAfterMs: 5 },
];

const again = (frame: unknown): unknown => JSON.parse(JSON.stringify(frame));

test('every frame is read as it was written', () => {
  for (const frame of FROM_DATA_PLANE) assert.deepEqual(again(readDataPlaneFrame(again(frame))), frame);
  for (const frame of FROM_CONTROL_PLANE) assert.deepEqual(again(readControlPlaneFrame(again(frame))), frame);
});

test('frames of the other side are refused', () => {
  for (const frame of FROM_DATA_PLANE) assert.throws(() => readControlPlaneFrame(frame), FrameError);
  for (const frame of FROM_CONTROL_PLANE) assert.throws(() => readDataPlaneFrame(frame), FrameError);
});

test('no field may be missing or of another kind', () => {
  let tried = 0;
  const check = (frame: object, read: (value: unknown) => unknown): void => {
    for (const field of Object.keys(frame)) {
      const without = { ...frame } as Record<string, unknown>;
      delete without[field];
      assert.throws(() => read(without), FrameError, `${JSON.stringify(frame)} without ${field}`);
      for (const wrong of [true, -1, 1.5, '', 'x'.repeat(5000), [[]], [7]]) {
        assert.throws(() => read({ ...frame, [field]: wrong }), FrameError, `${field}: ${String(wrong)}`);
        tried++;
      }
    }
  };
  for (const frame of FROM_DATA_PLANE) check(frame, readDataPlaneFrame);
  for (const frame of FROM_CONTROL_PLANE) check(frame, readControlPlaneFrame);
  assert.ok(tried > 100);
});

test('what is no object is refused', () => {
  for (const value of [null, 1, 'ping', [], [{ type: 'ping' }]]) {
    assert.throws(() => readDataPlaneFrame(value), FrameError);
    assert.throws(() => readControlPlaneFrame(value), FrameError);
  }
});

test('names of members do not reach a prototype', () => {
  const text = JSON.stringify(FROM_DATA_PLANE[0]).replace('"key-auth"', '"__proto__"');
  const frame = readDataPlaneFrame(JSON.parse(text));
  assert.ok(frame.type === 'hello');
  assert.equal(Object.getPrototypeOf(frame.plugins), null);
  assert.deepEqual(Object.keys(frame.plugins), ['__proto__']);
});

test('ids that would not fit a path or a certificate are refused', () => {
  for (const node of ['', '../x', 'a/b', 'a b', '-x', 'ü', 'x'.repeat(129), 'a\nb']) {
    assert.throws(() => readDataPlaneFrame({ ...FROM_DATA_PLANE[0], node }), FrameError);
  }
});

test('an entity that nests without end is refused', () => {
  let deep: unknown = 1;
  for (let i = 0; i < 1000; i++) deep = { deep };
  const part = {
    type: 'part',
    puts: [{ collection: 'services', entities: [{ id: 'a', deep }] }],
    deletes: [],
  };
  assert.throws(() => readControlPlaneFrame(part), FrameError);
});

test('a report may say what was counted of the traffic, and then it has to be right', () => {
  const report = { type: 'report', rssBytes: 1, requestsTotal: 2, uptimeSeconds: 3, generation: 4 };
  const numbers = [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 20, 1];
  const traffic = { keys: [[0, 1, 'id', 'name', '', '']], numbers };
  assert.deepEqual(readDataPlaneFrame({ ...report, traffic }), { ...report, traffic });
  assert.throws(() => readDataPlaneFrame({ ...report, traffic: { ...traffic, numbers: [1] } }), FrameError);
  assert.throws(() => readDataPlaneFrame({ ...report, traffic: null }), FrameError);
});
