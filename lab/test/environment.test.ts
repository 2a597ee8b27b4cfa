/**
 * Real processes: the patterns decide alike, are counted as the table says, and what is broken on purpose is refused.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CliError } from '../../shared/cli/cli-error.ts';
import { comparableOf, compareAll } from '../conformance/verdicts.ts';
import { voidReason } from '../load/gates.ts';
import { runOpenLoop } from '../measure/open-loop.ts';
import { probe } from '../measure/probe.ts';
import { expectedHops, hopsDiffer } from '../model/hops.ts';
import { builtInPolicySet } from '../policies/policy-set.ts';
import { roundTrips, startEcho } from '../relay/calibrate.ts';
import { membersOf, readCounters, setRoundTrip } from '../run/usage.ts';
import { entryOf } from '../topologies/addresses.ts';
import { Environment, type EnvironmentOptions } from '../topologies/environment.ts';
import type { TopologyId } from '../topologies/topology.ts';

const folder = mkdtempSync(join(tmpdir(), 'lab-environment-'));
const TOPOLOGIES: readonly TopologyId[] = ['T0', 'T1', 'T2', 'T3o', 'T3i', 'T3b', 'T6'];
const policies = builtInPolicySet('key-auth', join(folder, 'access.log'));
let environment: Environment;

function options(name: string, more: Partial<EnvironmentOptions> = {}): EnvironmentOptions {
  return {
    policies,
    topologies: TOPOLOGIES,
    depth: 1,
    directory: join(folder, name),
    cores: [],
    progress: () => {},
    ...more,
  };
}

before(async () => {
  environment = await Environment.open(options('good'));
});

after(async () => {
  await environment.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(topology: TopologyId, network: 'near' | 'far'): Promise<number> {
  const entry = entryOf(environment.ports, topology, 0);
  const headers = {
    host: entry.host,
    'x-lab-topology': topology,
    'x-lab-network': network,
    'x-lab-hit-ratio': '0',
    ...policies.headers,
  };
  return (await probe({ port: entry.port, path: '/chain/1', headers })).status;
}

test('all patterns that enforce give the same verdicts; the one that does not is not compared', async () => {
  const verdicts = await compareAll(environment, TOPOLOGIES, () => {});
  assert.deepEqual(comparableOf(verdicts), ['T0', 'T1', 'T2', 'T3i', 'T3b', 'T6']);
  const central = verdicts.find(({ topology }) => topology === 'T2')!;
  assert.deepEqual(central.counts, { 200: 6, 401: 2 });
  for (const topology of ['T1', 'T3i', 'T3b', 'T6']) {
    const one = verdicts.find((verdict) => verdict.topology === topology)!;
    assert.deepEqual([one.counts, one.hash], [central.counts, central.hash], topology);
  }
});

test('every hop, run of the plugins and crossing of the network is counted as the table says', async () => {
  for (const topology of TOPOLOGIES) {
    const members = membersOf(environment, topology);
    const cell = { calls: 1, hitRatio: 0, roundTripMs: 0 };
    const counted = await readCounters(environment, members);
    for (let i = 0; i < 3; i++) assert.equal(await ask(topology, 'far'), 200);
    const now = await readCounters(environment, members);
    const hops = {
      parses: now.parses - counted.parses,
      chainRuns: now.chainRuns - counted.chainRuns,
      crossings: now.crossings - counted.crossings,
    };
    assert.equal(hopsDiffer(expectedHops(topology, cell, 3, true), hops, 0), null, topology);
  }
});

test('a hop too many is noticed', async () => {
  const members = membersOf(environment, 'T3b');
  const counted = await readCounters(environment, members);
  assert.equal(await ask('T3b', 'near'), 200);
  const now = await readCounters(environment, members);
  const hops = {
    parses: now.parses - counted.parses,
    chainRuns: now.chainRuns - counted.chainRuns,
    crossings: 0,
  };
  const oneSidecar = expectedHops('T3i', { calls: 1, hitRatio: 0, roundTripMs: null }, 1, true);
  assert.match(hopsDiffer(oneSidecar, hops, 0) ?? '', /parses: 2 were counted, 1 by the model/);
});

test('a sidecar whose plugin is configured otherwise is found out, and is not compared', async () => {
  const file = join(folder, 'good', 'sidecars.json');
  const document = JSON.parse(readFileSync(file, 'utf8')) as {
    services: { name: string; plugins?: { name: string; config?: object }[] }[];
  };
  const keyAuth = document.services
    .find(({ name }) => name === 's1')!
    .plugins!.find(({ name }) => name === 'key-auth')!;
  keyAuth.config = { key_in_query: false };
  writeFileSync(file, JSON.stringify(document));
  environment.memberOf('sidecar-s1').process.child.kill('SIGHUP');
  const inbound = environment.ports.services[1]!.inbound;
  const key = policies.headers['apikey'];
  for (let tries = 0; tries < 100; tries++) {
    const { status } = await probe({ port: inbound, path: `/item?apikey=${key}`, headers: { host: 's1' } });
    if (status === 401) break;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  const verdicts = await compareAll(environment, ['T0', 'T2', 'T3i', 'T3b'], () => {});
  assert.deepEqual(comparableOf(verdicts), ['T0', 'T2']);
  const sidecar = verdicts.find(({ topology }) => topology === 'T3b')!;
  assert.match(sidecar.differences[0]!, /status 401, not 200/);
});

test('the relay keeps everything for half a round trip each way', async () => {
  const echo = await startEcho(environment.ports.echo);
  try {
    const relayed = environment.ports.relayed.get(echo.port)!;
    await setRoundTrip(environment, 20);
    for (const ms of await roundTrips(relayed, 3)) assert.ok(ms >= 20, `${ms}`);
  } finally {
    echo.close();
    await setRoundTrip(environment, 0);
  }
});

test('a relay that loses connections makes a run void', async () => {
  const lossy = await Environment.open(options('lossy', { topologies: ['T0'], relayCutEvery: 7 }));
  try {
    const entry = entryOf(lossy.ports, 'T0', 0);
    const headers = { 'x-lab-topology': 'T0', 'x-lab-network': 'far' };
    const result = await runOpenLoop({
      targets: [{ name: 'T0', port: entry.port, path: '/chain/1', headers }],
      rate: 100,
      warmUpSeconds: 0,
      seconds: 0.4,
      connections: 4,
      seed: 3,
    });
    assert.ok(result.failed > 0);
    assert.notEqual(voidReason(result, { ...LENIENT, errors: 0 }), null);
    assert.match(voidReason(result, { ...LENIENT, errors: 0 })!, /were not answered with 200/);
  } finally {
    await lossy.stop();
  }
});

/** Of this test only the errors are meant: whoever else uses the machine must not decide it. */
const LENIENT = { lagUs: 1e9, lagShareOfP50: 1, generatorCpu: 100, achieved: 0, little: 1 };

test('a process that does not become ready is named, with its last words and what to do', async () => {
  const broken = { ...policies, pluginPaths: [join(folder, 'no-such-plugin')] };
  await assert.rejects(
    Environment.open(options('broken', { policies: broken, topologies: ['T0', 'T2'] })),
    (error) =>
      error instanceof CliError &&
      /central did not become ready/.test(error.message) &&
      /no-such-plugin/.test(error.message) &&
      error.help.some((line) => line.includes('--topologies')),
  );
});

test('a killed process is started again as it was', async () => {
  environment.kill('central');
  await environment.restart('central');
  assert.equal(await ask('T2', 'near'), 200);
});
