/** The general engine costs memory and start-up time: it must not be loaded before it is needed. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { compileRouter } from '../../compile.ts';
import { route } from '../../test/samples.ts';

function isLoaded(): boolean {
  return Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('re2js'));
}

test('re2js is loaded by the first pattern that needs it and not before', () => {
  const typical = ['/prefix', '~/users/(?<id>[^/]+)/orders/\\d+$', '~/v[12]/.*'];
  compileRouter([{ route: route({ paths: typical, headers: { x: ['1'] } }), value: 1 }]);
  assert.equal(isLoaded(), false);
  compileRouter([{ route: route({ paths: ['~/.*/x'] }), value: 1 }]);
  assert.equal(isLoaded(), true);
});
