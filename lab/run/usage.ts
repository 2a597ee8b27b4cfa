/**
 * What the processes of a pattern have used and done so far. CPU time comes from the kernel's accounting, in ticks of
 * 10 ms, so that single rounds are coarse and only sums over rounds are reported. Hops are counted by the proxies
 * themselves.
 */
import { probe } from '../measure/probe.ts';
import { processCpuUs, residentBytesOf } from '../measure/proc.ts';
import type { RelayUsage } from '../relay/relay.ts';
import type { ServiceUsage } from '../services/service.ts';
import type { Environment, Member, Role } from '../topologies/environment.ts';
import type { TopologyId } from '../topologies/topology.ts';

export interface Counters {
  readonly parses: number;
  readonly chainRuns: number;
  readonly crossings: number;
  readonly calls: number;
}

const ZERO_CPU: Readonly<Record<Role, number>> = {
  service: 0,
  central: 0,
  sidecar: 0,
  node: 0,
  legacy: 0,
  'control-plane': 0,
  relay: 0,
};

export function membersOf(environment: Environment, topology: TopologyId): Member[] {
  return environment.members.filter(({ topologies }) => topologies.includes(topology));
}

export function readCpu(members: readonly Member[]): Record<Role, number> {
  const cpu = { ...ZERO_CPU };
  for (const { role, process } of members) cpu[role] += processCpuUs(process.pid);
  return cpu;
}

export async function readCounters(environment: Environment, members: readonly Member[]): Promise<Counters> {
  const totals = { parses: 0, chainRuns: 0, crossings: 0, calls: 0 };
  await Promise.all(
    members.map(async (member) => {
      if (member.statusPort !== null) {
        const text = (await probe({ port: member.statusPort, path: '/metrics' })).body.toString();
        totals.parses += sumOf(text, 'cardinal_requests_total');
        totals.chainRuns += sumOf(text, 'cardinal_lab_chain_runs_total');
      } else if (member.role === 'relay') {
        totals.crossings += (await relayUsage(environment)).crossings;
      } else {
        const usage = await serviceUsage(environment, member);
        totals.chainRuns += usage.chainRuns;
        totals.calls += usage.called;
      }
    }),
  );
  return totals;
}

/** Resident bytes of each process, by name. */
export function residentBytes(members: readonly Member[]): Record<string, number> {
  return Object.fromEntries(members.map(({ name, process }) => [name, residentBytesOf(process.pid)]));
}

export async function setRoundTrip(environment: Environment, ms: number): Promise<void> {
  await probe({ port: environment.ports.relayControl, path: `/round-trip?ms=${ms}` });
}

async function relayUsage(environment: Environment): Promise<RelayUsage> {
  const response = await probe({ port: environment.ports.relayControl, path: '/usage' });
  return JSON.parse(response.body.toString()) as RelayUsage;
}

async function serviceUsage(environment: Environment, { name }: Member): Promise<ServiceUsage> {
  const { app } = environment.ports.services[Number(name.slice(1))]!;
  const response = await probe({ port: app, path: '/lab/usage' });
  return JSON.parse(response.body.toString()) as ServiceUsage;
}

/** All series of a metric in Prometheus text. */
export function sumOf(text: string, metric: string): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(metric) || !/^[{ ]/.test(line.slice(metric.length))) continue;
    sum += Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return sum;
}
