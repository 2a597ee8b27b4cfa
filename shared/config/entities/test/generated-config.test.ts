/** Secrets of a plugin's configuration that nobody has given are made up when it is read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definePlugin } from '../../../plugins/contract.ts';
import { pluginRegistry } from '../../plugin-registry.ts';
import { integer, record, string } from '../../schema/field.ts';
import { validatePlugin } from '../plugins.ts';

const registry = pluginRegistry([
  definePlugin({
    name: 'sealed',
    version: '1.0.0',
    priority: 1,
    schema: { config: record({ secret: string({ auto: true }), size: integer() }, { required: true }) },
    create: () => ({}),
  }),
]);
const configOf = (config?: object) =>
  validatePlugin({ name: 'sealed', ...(config && { config }) }, registry).value['config'] as Record<
    string,
    unknown
  >;

test('made up when absent or null, 32 letters and digits, different every time; kept when given', () => {
  const made = [configOf()['secret'], configOf({ secret: null })['secret'], configOf({ size: 1 })['secret']];
  for (const secret of made) assert.match(String(secret), /^[A-Za-z0-9]{32}$/);
  assert.equal(new Set(made).size, 3);
  assert.equal(configOf({ secret: 'mine' })['secret'], 'mine');
  assert.equal(configOf()['size'], null, 'nothing else is filled in');
});
