/** What docker-compose.yml promises beyond its shape: what is reachable, what may be written, what comes before what. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { command as gateway } from '../../gateway/command.ts';
import { command as microgateway } from '../../microgateway/command.ts';
import { parseArguments } from '../../shared/cli/arguments.ts';
import { resolveSettings } from '../../shared/config/settings/resolve.ts';
import { ROOT } from '../docs/documents.ts';
import { composeDocument, services } from './compose-file.ts';
import { environmentOf, imageInstructions, last, readDockerfile } from './dockerfile.ts';

const document = composeDocument();
const all = services(document);
const entries = [...all];
const COMMANDS = { gateway, microgateway };

/** The settings that a gateway or a microgateway of the file has in the end. */
function settingsOf(name: string) {
  const { buildTarget, command = [], environment } = all.get(name)!;
  assert.ok(buildTarget === 'gateway' || buildTarget === 'microgateway');
  const [product, ...argv] = command;
  assert.equal(product, buildTarget);
  const parsed = parseArguments(COMMANDS[buildTarget], argv);
  const { CARDINAL_TOKEN_FILE: _, ...env } = environment;
  const image = environmentOf(imageInstructions(readDockerfile(), buildTarget));
  return resolveSettings(buildTarget, parsed.settings, { ...image, ...env });
}

const cardinals = entries.filter(([, { buildTarget }]) => buildTarget?.endsWith('gateway'));

test('every command line of ours is understood, without a notice', () => {
  assert.equal(cardinals.length, 5);
  for (const [name] of cardinals) assert.deepEqual(settingsOf(name).notices, [], name);
});

test('both gateways have the same store, and all microgateways the same control plane', () => {
  const stores = ['gateway-1', 'gateway-2'].map((name) => settingsOf(name).values.store);
  assert.deepEqual(stores, ['redis://redis:6379/0', 'redis://redis:6379/0']);
  for (const name of ['catalog', 'orders', 'payments']) {
    const { values } = settingsOf(name);
    assert.equal(values.control_plane, 'https://control-plane:8005');
    assert.equal(values.service, name, 'peers call a microgateway by the name of its service');
    assert.equal(all.get(name)!.environment['CARDINAL_TOKEN_FILE'], '/run/cardinal/join/token');
  }
});

test('nothing is published beyond this machine but the port of the load balancer', () => {
  const published = entries.flatMap(([name, { ports }]) => ports.map((port) => `${name} ${port}`));
  const beyond = published.filter((text) => !text.includes(' 127.0.0.1:'));
  assert.deepEqual(beyond, ['load-balancer 8000:8000']);
  assert.ok(!published.some((text) => /:(?:8005|8100|6379)$/.test(text)), 'control plane, status, store');
});

test('only one network is connected to the outside, and only what publishes a port is on it', () => {
  const networks = document['networks'] as Record<string, { internal?: boolean }>;
  const outside = Object.keys(networks).filter((name) => networks[name]?.internal !== true);
  assert.deepEqual(outside, ['front']);
  for (const [name, service] of entries)
    assert.equal(service.networks.has('front'), service.ports.length > 0, name);
  const used = new Set(entries.flatMap(([, service]) => [...service.networks.keys()]));
  assert.deepEqual([...used].sort(), Object.keys(networks).sort());
});

test('the store is reached by gateways and set-up alone, an application by its microgateway alone', () => {
  const on = (network: string) =>
    entries.filter(([, one]) => one.networks.has(network)).map(([name]) => name);
  assert.deepEqual(on('store').sort(), ['gateway-1', 'gateway-2', 'redis', 'set-up']);
  for (const name of ['catalog', 'orders', 'payments']) {
    assert.deepEqual(on(`beside-${name}`).sort(), [name, `${name}-app`]);
    assert.deepEqual([...all.get(`${name}-app`)!.networks.keys()], [`beside-${name}`]);
  }
});

test("a microgateway's outbound side is heard by the application beside it alone", () => {
  for (const name of ['catalog', 'orders', 'payments']) {
    for (const { host } of settingsOf(name).values.outbound_listen) {
      const where = [...all.get(name)!.networks].filter(([, aliases]) => aliases.includes(host));
      assert.deepEqual(
        where.map(([network]) => network),
        [`beside-${name}`],
      );
    }
  }
});

test('every container is hardened, bounded, restarted and asked how it is', () => {
  for (const [name, { raw, healthcheck, buildTarget }] of entries) {
    assert.equal(raw['read_only'], true, name);
    assert.deepEqual(raw['cap_drop'], ['ALL'], name);
    assert.deepEqual(raw['security_opt'], ['no-new-privileges:true'], name);
    assert.equal(raw['privileged'], undefined, name);
    assert.ok(Number(raw['pids_limit']) > 0, name);
    const { limits } = (raw['deploy'] as { resources: { limits: Record<string, string> } }).resources;
    assert.match(limits['memory'] ?? '', /^\d+M$/, name);
    assert.match(limits['cpus'] ?? '', /^\d+$/, name);
    assert.equal(raw['restart'], name === 'set-up' ? 'no' : 'unless-stopped', name);
    const image = buildTarget === undefined ? [] : imageInstructions(readDockerfile(), buildTarget);
    assert.ok(healthcheck !== undefined || last(image, 'HEALTHCHECK') !== undefined, name);
  }
});

test('what is stopped has as long as its draining takes', () => {
  for (const [name] of cardinals) {
    const { drain_delay: delay, drain_timeout: timeout } = settingsOf(name).values;
    const grace = Number(/^(\d+)s$/.exec(String(all.get(name)!.raw['stop_grace_period']))?.[1]) * 1000;
    assert.ok(grace > delay + timeout, name);
  }
});

test('mounted files are there and mounted read-only, volumes are declared and used', () => {
  const declared = Object.keys(document['volumes'] as object);
  const used = new Set<string>();
  for (const [name, { mounts }] of entries) {
    for (const { source, readOnly } of mounts) {
      if (source.startsWith('./')) {
        assert.ok(statSync(join(ROOT, source)).isFile(), source);
        assert.ok(readOnly, `${name} ${source}`);
      } else used.add(source);
    }
  }
  assert.deepEqual([...used].sort(), declared.sort());
});

test('each node keeps a folder of its own, and reads the join token of its own service alone', () => {
  const owners = new Map<string, string[]>();
  for (const [name, { mounts }] of entries) {
    for (const { source, readOnly } of mounts) {
      if (!source.startsWith('./'))
        owners.set(source, [...(owners.get(source) ?? []), `${name}${readOnly ? ' ro' : ''}`]);
    }
  }
  for (const [volume, users] of owners) {
    const join = /^join-(.*)$/.exec(volume);
    assert.deepEqual(users.sort(), join === null ? [volume] : [`${join[1]} ro`, 'set-up'], volume);
  }
});

test('no token and no password stands in the file', () => {
  const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
  assert.doesNotMatch(text, /cjt1|PASSWORD|:\/\/[^/\s'"]*@/i);
  assert.ok(!entries.some(([, { environment }]) => 'CARDINAL_TOKEN' in environment));
});

test('what depends on something waits until it is healthy or done', () => {
  for (const [name, { dependsOn }] of entries) {
    for (const [other, condition] of dependsOn) {
      assert.equal(
        condition,
        other === 'set-up' ? 'service_completed_successfully' : 'service_healthy',
        name,
      );
      assert.ok(all.has(other), other);
    }
  }
  assert.ok(all.get('set-up')!.dependsOn.has('gateway-1'));
});

test('images of others are pinned to a version, ours to the version of the product', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  for (const [name, { image, buildTarget }] of entries) {
    const tag = /:([\w.-]+)$/.exec(image)?.[1] ?? '';
    if (buildTarget === undefined) assert.match(tag, /^v?\d+\.\d+/, name);
    else assert.equal(image, `cardinal-${buildTarget}:${version}`, name);
  }
});
