/**
 * The manifests in deploy/kubernetes: known kinds and fields alone, parts that fit each other, command lines that the product
 * understands, probes where something listens. No cluster has seen them here.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { command as gateway } from '../../gateway/command.ts';
import { command as microgateway } from '../../microgateway/command.ts';
import { parseArguments } from '../../shared/cli/arguments.ts';
import { resolveSettings } from '../../shared/config/settings/resolve.ts';
import { ROOT } from '../docs/documents.ts';
import { environmentOf, imageInstructions, readDockerfile } from './dockerfile.ts';

// biome-ignore lint/suspicious/noExplicitAny: manifests are looked into by path.
type Manifest = any;

const COMMANDS = { gateway, microgateway };
const API_VERSIONS: Readonly<Record<string, string>> = {
  ConfigMap: 'v1',
  Service: 'v1',
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  PodDisruptionBudget: 'policy/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
};
/** What the manifests may use of each part; `*` what a part must have. */
const FIELDS: Readonly<Record<string, string>> = {
  Deployment: 'replicas* selector* strategy template*',
  StatefulSet: 'replicas* selector* template* serviceName* volumeClaimTemplates*',
  Service: 'type* selector* ports* externalTrafficPolicy',
  PodDisruptionBudget: 'maxUnavailable* selector*',
  NetworkPolicy: 'podSelector* policyTypes* ingress*',
  Pod: 'automountServiceAccountToken* terminationGracePeriodSeconds* topologySpreadConstraints securityContext* initContainers containers* volumes*',
  Container:
    'name* image* args command env ports startupProbe readinessProbe* livenessProbe resources* securityContext* volumeMounts* restartPolicy lifecycle',
  Probe: 'httpGet tcpSocket exec periodSeconds* timeoutSeconds failureThreshold',
};

// YAML 1.1 is what Kubernetes reads: there 0440 is octal.
const manifests: readonly Manifest[] = globSync('deploy/kubernetes/*.yaml', { cwd: ROOT })
  .sort()
  .flatMap((path) => parseAllDocuments(readFileSync(join(ROOT, path), 'utf8'), { version: '1.1' }))
  .map((document) => {
    assert.deepEqual(document.errors, []);
    return document.toJS();
  });
const workloads = manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
const containers = workloads.flatMap(({ spec: { template } }) =>
  [...(template.spec.initContainers ?? []), ...template.spec.containers].map((container: Manifest) => ({
    container,
    pod: template.spec,
  })),
);

function checkFields(what: string, value: object): void {
  const names = (FIELDS[what] as string).split(' ');
  const known = names.map((name) => name.replace('*', ''));
  for (const field of Object.keys(value)) assert.ok(known.includes(field), `${what}: ${field}`);
  for (const name of names.filter((one) => one.endsWith('*')))
    assert.ok(name.slice(0, -1) in value, `${what} lacks ${name}`);
}

/** The settings of a container that runs `cardinal`; undefined for others. */
function settingsOf(container: Manifest) {
  const [product, ...argv] = (container.args ?? []) as string[];
  if (product !== 'gateway' && product !== 'microgateway') return undefined;
  const env = environmentOf(imageInstructions(readDockerfile(), product));
  for (const { name, value } of container.env) {
    assert.equal(typeof value, 'string', `${name} must be text`);
    if (!name.endsWith('_FILE')) Object.assign(env, { [name]: value });
  }
  return resolveSettings(product, parseArguments(COMMANDS[product], argv).settings, env);
}

test('kinds, versions and fields are known, and names are unique', () => {
  assert.ok(manifests.length >= 9);
  const seen = new Set<string>();
  for (const { apiVersion, kind, metadata, spec } of manifests) {
    assert.equal(apiVersion, API_VERSIONS[kind], kind);
    assert.match(metadata.name, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    assert.ok(!seen.has(`${kind} ${metadata.name}`));
    seen.add(`${kind} ${metadata.name}`);
    if (kind !== 'ConfigMap') checkFields(kind, spec);
  }
  for (const { spec } of workloads) checkFields('Pod', spec.template.spec);
  for (const { container } of containers) {
    checkFields('Container', container);
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
      if (probe in container) checkFields('Probe', container[probe]);
  }
});

test('selectors find the pods that they are meant for', () => {
  const labels = workloads.map(({ spec }) => spec.template.metadata.labels['app.kubernetes.io/name']);
  for (const { spec } of workloads)
    assert.deepEqual(spec.selector.matchLabels, spec.template.metadata.labels);
  const selectors = manifests.flatMap(({ kind, spec }) => {
    if (kind === 'Service') return [spec.selector];
    if (kind === 'PodDisruptionBudget') return [spec.selector.matchLabels];
    if (kind === 'NetworkPolicy')
      return [spec.podSelector.matchLabels, spec.ingress[0].from[0].podSelector.matchLabels];
    return [];
  });
  assert.ok(selectors.length >= 6);
  for (const selector of selectors) {
    assert.deepEqual(Object.keys(selector), ['app.kubernetes.io/name']);
    assert.ok(labels.includes(selector['app.kubernetes.io/name']));
  }
});

test('the ports of services are ports that the pods name', () => {
  for (const { spec } of manifests.filter(({ kind }) => kind === 'Service')) {
    const workload = workloads.find(
      (one) =>
        one.spec.template.metadata.labels['app.kubernetes.io/name'] ===
        spec.selector['app.kubernetes.io/name'],
    );
    const pod = workload.spec.template.spec;
    const names = [...(pod.initContainers ?? []), ...pod.containers].flatMap((one: Manifest) =>
      (one.ports ?? []).map((port: Manifest) => port.name),
    );
    for (const { targetPort } of spec.ports) assert.ok(names.includes(targetPort), targetPort);
  }
});

test('command lines are understood, and probes and ports are where the product listens', () => {
  let checked = 0;
  for (const { container } of containers) {
    const resolved = settingsOf(container);
    if (resolved === undefined) continue;
    checked++;
    assert.deepEqual(resolved.notices, []);
    const { values } = resolved;
    const role = container.args[0] as 'gateway' | 'microgateway';
    const open = new Map<string, number>(
      container.ports.map(({ name, containerPort }: Manifest) => [name, containerPort]),
    );
    const listening = (list: readonly { host: string; port: number }[]) =>
      list.filter(({ host }) => host === '0.0.0.0').map(({ port }) => port);
    assert.deepEqual(listening(values.status_listen), [open.get('status')]);
    if (role === 'gateway') {
      assert.deepEqual(listening(values.proxy_listen), [open.get('proxy')]);
      assert.deepEqual(listening(values.cluster_listen), [open.get('cluster')]);
      assert.deepEqual(listening(values.admin_listen), [], 'the Admin API stays in the pod');
    } else {
      assert.deepEqual(listening(values.inbound_listen), [open.get('inbound')]);
      assert.deepEqual(listening(values.outbound_listen), []);
      assert.ok(values.control_plane.endsWith(':8005'));
    }
    for (const [probe, path] of [
      ['startupProbe', '/readyz'],
      ['readinessProbe', '/readyz'],
      ['livenessProbe', '/livez'],
    ] as const)
      assert.deepEqual(container[probe].httpGet, { path, port: 'status' }, probe);
  }
  assert.equal(checked, 2);
});

test('containers may do as little as in docker-compose.yml', () => {
  for (const { container, pod } of containers) {
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    assert.equal(pod.securityContext.runAsNonRoot, true);
    assert.deepEqual(pod.securityContext.seccompProfile, { type: 'RuntimeDefault' });
    assert.equal(pod.automountServiceAccountToken, false);
    assert.ok(container.resources.limits.memory !== undefined);
    if (container.image.startsWith('cardinal-')) assert.equal(pod.securityContext.runAsUser, 1000);
  }
});

test('mounts have volumes, files of settings are in a mounted Secret, data can be written', () => {
  for (const { container, pod } of containers) {
    const claimed = workloads.flatMap(({ spec }) =>
      (spec.volumeClaimTemplates ?? []).map((one: Manifest) => one.metadata.name),
    );
    const volumes = new Map<string, Manifest>(pod.volumes.map((one: Manifest) => [one.name, one]));
    for (const { name } of container.volumeMounts)
      assert.ok(volumes.has(name) || claimed.includes(name), name);
    for (const { name, value } of container.env ?? []) {
      if (!name.endsWith('_FILE')) continue;
      const mount = container.volumeMounts.find(({ mountPath }: Manifest) =>
        value.startsWith(`${mountPath}/`),
      );
      const { secret } = volumes.get(mount.name);
      assert.deepEqual([secret.items[0].path], [value.slice(mount.mountPath.length + 1)]);
      assert.equal(secret.defaultMode, 0o440);
      assert.equal(mount.readOnly, true);
    }
    if (settingsOf(container) !== undefined)
      assert.ok(container.volumeMounts.some((one: Manifest) => one.mountPath === '/var/lib/cardinal'));
  }
});

test('what is stopped has as long as its draining takes', () => {
  for (const { container, pod } of containers) {
    const values = settingsOf(container)?.values;
    if (values === undefined) continue;
    const needed = values.drain_delay + values.drain_timeout;
    assert.ok(pod.terminationGracePeriodSeconds * 1000 > needed);
  }
});

test('the microgateway is a native sidecar of a service that only it reaches', () => {
  const { template } = workloads.find(({ metadata }) => metadata.name === 'orders').spec;
  const [sidecar, ...others] = template.spec.initContainers;
  assert.deepEqual(others, []);
  assert.equal(sidecar.restartPolicy, 'Always');
  const [app] = template.spec.containers;
  const env = new Map<string, string>(app.env.map((one: Manifest) => [one.name, one.value]));
  const { to, outbound_listen: outbound } = settingsOf(sidecar)!.values;
  assert.equal(env.get('LISTEN'), to?.host);
  assert.equal(env.get('PORT'), String(to?.port));
  assert.equal(env.get('OUTBOUND'), `http://${outbound[0]?.host}:${outbound[0]?.port}`);
});

test('no secret stands in a manifest', () => {
  assert.ok(!manifests.some(({ kind }) => kind === 'Secret'));
  assert.doesNotMatch(JSON.stringify(manifests), /cjt1|password/i);
});
