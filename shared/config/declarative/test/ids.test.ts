import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Configuration } from '../../entities.ts';
import { readDeclarative } from '../read.ts';
import { generatedId } from '../uuid.ts';
import { plugins } from './fixture-plugins.ts';

async function read(text: string): Promise<Configuration> {
  const result = await readDeclarative(`_format_version: "3.0"\n${text}`, {
    format: 'yaml',
    plugins,
    now: 0,
  });
  assert.ok(result.ok, result.ok ? '' : JSON.stringify(result.findings));
  return result.configuration;
}

describe('generated ids', () => {
  for (const [collection, key, id] of [
    ['services', 'my-service', '0855b320-0dd2-547d-891d-601e9b38647f'],
    ['routes', 'my-route', '481a9539-f49c-51b6-b2e2-fe99ee68866c'],
    ['consumers', 'my-user', '4b1b701d-de2b-5588-9aa2-3b97061d9f52'],
    ['services', 'foo', '2933fbcc-9d7c-54a7-a984-fe2bde836cea'],
    ['upstreams', 'foo', 'fd56258d-1040-5e29-a78a-8f4d9082ec6f'],
    ['keyauth_credentials', 'keyauth_credentials:*:my-key', 'c3079092-b808-5c3c-a5e4-5a52ae4eab33'],
    [
      'plugins',
      'plugins:*:key-auth::0855b320-0dd2-547d-891d-601e9b38647f:',
      '4a4d9361-8cf7-5304-acb5-d4e8f72ac40b',
    ],
  ] as const) {
    it(`are Kong's for ${key}`, () => assert.equal(generatedId(collection, key), id));
  }

  it('come out of a document as Kong makes them', async () => {
    const configuration = await read(`
services:
  - name: my-service
    host: a
    plugins: [{name: key-auth}]
    routes: [{name: my-route, paths: [/a]}]
consumers:
  - username: my-user
    keyauth_credentials: [{key: my-key}]
upstreams:
  - name: foo
    targets: [{target: 10.20.30.40}]
`);
    assert.equal(configuration.services[0]?.id, '0855b320-0dd2-547d-891d-601e9b38647f');
    assert.equal(configuration.routes[0]?.id, '481a9539-f49c-51b6-b2e2-fe99ee68866c');
    assert.equal(configuration.consumers[0]?.id, '4b1b701d-de2b-5588-9aa2-3b97061d9f52');
    assert.equal(configuration.plugins[0]?.id, '4a4d9361-8cf7-5304-acb5-d4e8f72ac40b');
    assert.equal(
      configuration.pluginEntities['keyauth_credentials']?.[0]?.id,
      'c3079092-b808-5c3c-a5e4-5a52ae4eab33',
    );
    assert.equal(configuration.targets[0]?.id, 'dbb34508-ad95-5930-9d3c-3832ae0117c3');
  });

  it('hang on the name as written when a plugin names its service', async () => {
    const { plugins: configured } = await read(`
services: [{name: my-service, host: a}]
plugins: [{name: key-auth, service: my-service}]
`);
    assert.equal(configured[0]?.id, generatedId('plugins', 'plugins:*:key-auth::my-service:'));
  });

  it('are the same at each load for entities without a name, and differ between them', async () => {
    const text = `
services:
  - host: a
    routes: [{paths: [/a]}, {paths: [/a]}, {paths: [/b]}]
  - host: a
consumers: [{custom_id: x}]
`;
    const [one, two] = [await read(text), await read(text)];
    assert.deepEqual(one, two);
    const ids = [...one.services, ...one.routes, ...one.consumers].map(({ id }) => id);
    assert.equal(new Set(ids).size, 6);
  });

  it('leave ids that are given, in lower case', async () => {
    const { services } = await read('services: [{id: 0855B320-0DD2-547D-891D-601E9B38647F, host: a}]\n');
    assert.equal(services[0]?.id, '0855b320-0dd2-547d-891d-601e9b38647f');
  });
});
