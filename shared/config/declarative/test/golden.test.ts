import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { Configuration } from '../../entities.ts';
import { declarativeFromObject, readDeclarative } from '../read.ts';
import { readConfigFile } from '../read-file.ts';
import { plugins } from './fixture-plugins.ts';

const NOW = 1_750_000_000_500;

async function read(text: string, format: 'yaml' | 'json' = 'yaml'): Promise<Configuration> {
  const result = await readDeclarative(text, { format, plugins, now: NOW });
  assert.ok(result.ok, result.ok ? '' : JSON.stringify(result.findings));
  return result.configuration;
}

describe('a file as people have it', async () => {
  const path = new URL('../fixtures/backend.yml', import.meta.url).pathname;
  const result = await readConfigFile(path, { plugins, now: NOW });
  assert.ok(result.ok, result.ok ? '' : JSON.stringify(result.findings));
  const { configuration, warnings } = result;

  it('holds every entity once', () => {
    const { services, routes, consumers, plugins: configured, pluginEntities } = configuration;
    assert.deepEqual([services.length, routes.length, consumers.length, configured.length], [5, 5, 3, 9]);
    assert.deepEqual(
      Object.entries(pluginEntities).map(([collection, list]) => [collection, list.length]),
      [
        ['keyauth_credentials', 2],
        ['basicauth_credentials', 1],
        ['acls', 2],
      ],
    );
  });

  it('lets the URL of a service win over a protocol that does not exist', () => {
    const service = configuration.services.find(({ name }) => name === 'realtime-v1-ws');
    assert.deepEqual(
      [service?.protocol, service?.host, service?.port, service?.path],
      ['http', 'realtime', 4000, '/socket'],
    );
  });

  it('marks the regular expressions of an old file and leaves its prefixes alone', () => {
    assert.deepEqual(
      configuration.routes.map(({ paths }) => paths),
      [['/auth/v1/verify'], ['/auth/v1/'], ['/realtime/v1/'], ['~/files/(?<bucket>[^/]+)/public'], ['/']],
    );
  });

  it('resolves groups by the name of the consumer', () => {
    const anon = configuration.consumers.find(({ username }) => username === 'anon');
    const acl = configuration.pluginEntities['acls']?.find((entity) => entity['group'] === 'anon');
    assert.deepEqual(acl?.consumer, { id: anon?.id });
  });

  it('hashes passwords with the id of the consumer', () => {
    const consumer = configuration.consumers.find(({ username }) => username === 'DASHBOARD');
    assert.equal(
      configuration.pluginEntities['basicauth_credentials']?.[0]?.['password'],
      hash('sha1', `this_password_is_insecure${consumer?.id}`, 'hex'),
    );
  });

  it('warns of placeholders, with their lines', async () => {
    const text = await readFile(path, 'utf8');
    const line = (needle: string) => text.slice(0, text.indexOf(needle)).split('\n').length;
    assert.deepEqual(
      warnings.map((warning) => [warning.code, warning.line]),
      [
        ['CD1503', line('$ANON_KEY')],
        ['CD1503', line('$SERVICE_KEY')],
      ],
    );
  });

  it('has the MD5 of the text as its hash', async () => {
    assert.equal(configuration.hash, hash('md5', await readFile(path, 'utf8'), 'hex'));
  });
});

describe('a document', () => {
  it('without entities has a hash of zeros', async () => {
    const configuration = await read(
      '_format_version: "3.0"\nservices:\nroutes: []\nworkspaces: [{name: default}]\n',
    );
    assert.equal(configuration.hash, '0'.repeat(32));
    assert.deepEqual(configuration.services, []);
  });

  it('may use YAML 1.1 words, integral floats, anchors and merge keys', async () => {
    const configuration = await read(`
_format_version: "3.0"
_ignore:
  - &limits {retries: 3, connect_timeout: 1.2e+03}
  - &cors {name: cors}
services:
  - <<: *limits
    name: a
    host: a
    enabled: off
    plugins: [*cors]
  - <<: [*limits]
    name: b
    host: b
    retries: 7
    enabled: yes
    plugins: [*cors]
`);
    assert.deepEqual(
      configuration.services.map((s) => [s.name, s.retries, s.connect_timeout, s.enabled]),
      [
        ['a', 3, 1200, false],
        ['b', 7, 1200, true],
      ],
    );
    assert.equal(configuration.plugins.length, 2);
    assert.notEqual(configuration.plugins[0]?.id, configuration.plugins[1]?.id);
  });

  it('gives the time of reading to entities that have none', async () => {
    const { services, targets } = await read(`
_format_version: "3.0"
services: [{host: a}, {host: b, created_at: 5}]
upstreams: [{name: u, targets: [{target: a}]}]
`);
    assert.deepEqual(
      services.map((s) => s.created_at),
      [1_750_000_000, 5],
    );
    assert.equal(targets[0]?.created_at, 1_750_000_000.5);
  });

  it('couples algorithm and hash_on', async () => {
    const { upstreams } = await read(`
_format_version: "3.0"
upstreams:
  - {name: a, algorithm: consistent-hashing, hash_on: none}
  - {name: b, hash_on: ip}
  - {name: c, algorithm: least-connections, hash_on: ip}
  - {name: d, algorithm: latency}
`);
    assert.deepEqual(
      upstreams.map((u) => [u.algorithm, u.hash_on]),
      [
        ['round-robin', 'none'],
        ['consistent-hashing', 'ip'],
        ['least-connections', 'none'],
        ['latency', 'none'],
      ],
    );
  });

  it('normalises targets', async () => {
    const { targets } = await read(`
_format_version: "3.0"
upstreams:
  - name: u
    targets: [{target: a.example}, {target: "10.0.0.1:81"}, {target: "[::1]:82"}, {target: "fe80::1"}]
`);
    assert.deepEqual(
      targets.map(({ target }) => target),
      [
        'a.example:8000',
        '10.0.0.1:81',
        '[0000:0000:0000:0000:0000:0000:0000:0001]:82',
        '[fe80:0000:0000:0000:0000:0000:0000:0001]:8000',
      ],
    );
  });

  it('may scope a nested plugin to a consumer as well, and restate its parent', async () => {
    const {
      plugins: configured,
      services,
      consumers,
    } = await read(`
_format_version: "3.0"
consumers: [{username: alice}]
services:
  - name: a
    host: a
    plugins:
      - {name: tcp-log, config: {host: h, port: 1}, consumer: alice, service: a}
`);
    assert.deepEqual(configured[0]?.consumer, { id: consumers[0]?.id });
    assert.deepEqual(configured[0]?.service, { id: services[0]?.id });
  });

  it('never strips gRPC paths unless it says nothing', async () => {
    const { routes } = await read('_format_version: "3.0"\nroutes: [{protocols: [grpc], paths: [/a]}]\n');
    assert.equal(routes[0]?.strip_path, false);
  });

  it('takes deprecated aliases, and their echoed nulls for nothing', async () => {
    const { plugins: configured } = await read(`
_format_version: "3.0"
plugins:
  - {name: rate-limiting, instance_name: a, config: {minute: 1, redis_host: r, redis: {port: 1}}}
  - {name: rate-limiting, instance_name: b, consumer: c, config: {minute: 1, redis_host: null, redis: {host: s}}}
consumers: [{username: c}]
`);
    assert.deepEqual(
      configured.map(({ config }) => config['redis']),
      [
        { host: 'r', port: 1, password: null },
        { host: 's', port: 6379, password: null },
      ],
    );
  });

  it('fills generated keys', async () => {
    const { pluginEntities } = await read(
      '_format_version: "3.0"\nconsumers: [{username: a, keyauth_credentials: [{}]}]\n',
    );
    assert.match(String(pluginEntities['keyauth_credentials']?.[0]?.['key']), /^[A-Za-z0-9]{32}$/);
  });

  it('is the same as YAML, as JSON and as a parsed object', async () => {
    const object = {
      _format_version: '3.0',
      services: [{ name: 'a', url: 'http://a:1/x', routes: [{ paths: ['/p'] }] }],
    };
    const text = JSON.stringify(object);
    const fromJson = await read(text, 'json');
    const fromYaml = await read(text, 'yaml');
    const fromObject = declarativeFromObject(object, { plugins, now: NOW });
    assert.ok(fromObject.ok);
    assert.deepEqual(fromYaml, fromJson);
    assert.deepEqual({ ...fromObject.configuration, hash: '' }, { ...fromJson, hash: '' });
  });

  it('survives being sent to another thread', async () => {
    const configuration = await read(
      '_format_version: "3.0"\nroutes: [{headers: {x-a: [b]}, paths: [/a]}]\n',
    );
    assert.deepEqual(
      JSON.parse(JSON.stringify(structuredClone(configuration))),
      JSON.parse(JSON.stringify(configuration)),
    );
  });
});
