import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readDeclarative } from '../declarative/read.ts';
import { plugins } from '../declarative/test/fixture-plugins.ts';
import { resolveReferences } from '../resolve-references.ts';

async function resolve(text: string, env: Record<string, string>) {
  const result = await readDeclarative(`_format_version: "3.0"\n${text}`, {
    format: 'yaml',
    plugins,
    now: 0,
  });
  assert.ok(result.ok, result.ok ? '' : JSON.stringify(result.findings));
  return { before: result.configuration, ...resolveReferences(result.configuration, env, plugins) };
}

const keyed = (key: string) => `consumers: [{username: a, keyauth_credentials: [{key: "${key}"}]}]\n`;
const keyOf = (configuration: Awaited<ReturnType<typeof resolve>>['configuration']) =>
  configuration.pluginEntities['keyauth_credentials']?.[0]?.['key'];

describe('vault references', () => {
  it('stay in the configuration and are resolved beside it', async () => {
    const { before, configuration, findings } = await resolve(keyed('{vault://env/my-key}'), {
      MY_KEY: 'secret',
    });
    assert.equal(keyOf(before), '{vault://env/my-key}');
    assert.equal(keyOf(configuration), 'secret');
    assert.deepEqual(findings, []);
    assert.equal(configuration.consumers, before.consumers);
  });

  it('go through vaults with prefixes', async () => {
    const { configuration } = await resolve(
      `${keyed('{vault://my-env/key}')}vaults: [{prefix: my-env, name: env, config: {prefix: SECRET_}}]\n`,
      { SECRET_KEY: 'x', KEY: 'y' },
    );
    assert.equal(keyOf(configuration), 'x');
  });

  it('pick members of JSON', async () => {
    const env = { PAIR: '{"a": "1", "b": 2}' };
    assert.equal(keyOf((await resolve(keyed('{vault://env/pair/a}'), env)).configuration), '1');
    assert.equal(keyOf((await resolve(keyed('{vault://env/pair/b}'), env)).configuration), '2');
    const missing = await resolve(keyed('{vault://env/pair/c}'), env);
    assert.equal(keyOf(missing.configuration), '');
    assert.equal(missing.findings[0]?.code, 'CD1401');
  });

  it('in the configuration of plugins are resolved where the schema allows them', async () => {
    const { configuration } = await resolve(
      `plugins: [{name: rate-limiting, config: {minute: 1, redis: {host: "{vault://env/a}", password: "{vault://env/a}"}}}]\n`,
      { A: 'x' },
    );
    assert.deepEqual(configuration.plugins[0]?.config['redis'], {
      host: '{vault://env/a}',
      port: 6379,
      password: 'x',
    });
  });

  it('without a value are empty and found', async () => {
    const { configuration, findings } = await resolve(keyed('{vault://env/nothing}'), {});
    assert.equal(keyOf(configuration), '');
    assert.deepEqual(
      findings.map(({ code, severity, path }) => [code, severity, path]),
      [['CD1401', 'warning', 'keyauth_credentials[0].key']],
    );
    assert.match(findings[0]?.message ?? '', /NOTHING is not set/);
  });

  it('to an unknown vault, or to names of every object, are found as well', async () => {
    assert.equal((await resolve(keyed('{vault://other/a}'), {})).findings[0]?.code, 'CD1402');
    assert.equal((await resolve(keyed('{vault://env/constructor}'), {})).findings[0]?.code, 'CD1401');
  });
});
