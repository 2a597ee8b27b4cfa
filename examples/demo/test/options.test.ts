/** What the demo's command line accepts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from '../options.ts';

test('defaults', () => {
  assert.deepEqual(parseOptions([]), { trafficRps: 5, portBase: undefined, once: false, help: false });
});

test('values', () => {
  assert.equal(parseOptions(['--traffic', '0.5']).trafficRps, 0.5);
  assert.equal(parseOptions(['--traffic', '50', '--no-traffic']).trafficRps, 0);
  assert.equal(parseOptions(['--port-base', '0']).portBase, 0);
  assert.equal(parseOptions(['--port-base=20000', '--once']).portBase, 20_000);
});

test('what is wrong is said', () => {
  for (const traffic of ['', 'x', '-1', '201', 'Infinity'])
    assert.throws(() => parseOptions([`--traffic=${traffic}`]), /--traffic must be a number from 0 to 200/);
  for (const base of ['x', '80', '70000', '1e4'])
    assert.throws(() => parseOptions([`--port-base=${base}`]), /--port-base must be 0 or a port from 1024/);
  assert.throws(() => parseOptions(['--trafic', '5']), /--trafic/);
  assert.throws(() => parseOptions(['now']), /now/);
});
