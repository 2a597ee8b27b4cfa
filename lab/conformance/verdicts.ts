/**
 * Do all patterns decide alike? The same requests go through each of them before anything is timed: status and body of
 * every answer, and so the counts of 401, 403 and 429, must be the same. A pattern that differs is not compared.
 */
import { createHash } from 'node:crypto';
import { probe } from '../measure/probe.ts';
import type { PolicySample, PolicySet } from '../policies/policy-set.ts';
import { entryOf } from '../topologies/addresses.ts';
import type { Environment } from '../topologies/environment.ts';
import { TOPOLOGIES, type TopologyId } from '../topologies/topology.ts';

export interface Verdict {
  readonly request: string;
  readonly status: number;
  /** SHA-256 of the body, what is new in every answer masked. */
  readonly bodyHash: string;
  /** Of the body, for the message about a difference. */
  readonly excerpt: string;
}

export interface VerdictRecord {
  readonly topology: TopologyId;
  readonly requests: number;
  readonly counts: Readonly<Record<string, number>>;
  /** One hash over all verdicts. */
  readonly hash: string;
  /** The pattern it was compared with; null for that one itself, and where nothing is enforced. */
  readonly comparedWith: TopologyId | null;
  /** Why its timings cannot be compared; empty when they can. */
  readonly differences: readonly string[];
}

const MOST_DIFFERENCES = 5;

/**
 * Asks all patterns and compares them with the central gateway (or the first that enforces anything). Direct calls are
 * the baseline: nobody enforces anything there, and nobody expects it.
 */
export async function compareAll(
  environment: Environment,
  topologies: readonly TopologyId[],
  next: (topology: TopologyId) => void,
): Promise<VerdictRecord[]> {
  const withPlugins = environment.policies.plugins.length > 0;
  const all = new Map<TopologyId, Verdict[]>();
  for (const topology of topologies) {
    next(topology);
    all.set(topology, await verdictsOf(environment, topology));
  }
  const enforcing = topologies.filter(
    (id) => !withPlugins || (id !== 'T0' && TOPOLOGIES[id].enforcesNothing === null),
  );
  const reference = enforcing.includes('T2') ? 'T2' : enforcing[0];
  return topologies.map((topology): VerdictRecord => {
    const own = all.get(topology)!;
    if (topology === reference || (withPlugins && topology === 'T0')) return record(topology, own, null, []);
    const nothing = withPlugins ? TOPOLOGIES[topology].enforcesNothing : null;
    if (nothing !== null) return record(topology, own, null, [nothing]);
    return record(topology, own, reference ?? null, differences(all.get(reference ?? topology)!, own));
  });
}

/** The patterns whose timings mean the same. */
export function comparableOf(verdicts: readonly VerdictRecord[]): TopologyId[] {
  return verdicts.filter((one) => one.differences.length === 0).map(({ topology }) => topology);
}

function samplesOf(set: PolicySet): PolicySample[] {
  const { headers } = set;
  const base: PolicySample[] = [
    { method: 'GET', path: '/item', headers },
    { method: 'GET', path: '/item/4711?fields=all&sort=up', headers },
    { method: 'POST', path: '/item', headers, body: '{"item":"tea"}' },
    { method: 'PUT', path: '/item/a%20b', headers, body: 'x' },
    { method: 'DELETE', path: '/item/4711', headers },
  ];
  return [...base, ...set.samples].flatMap((sample) =>
    Array.from({ length: sample.times ?? 1 }, () => sample),
  );
}

export async function verdictsOf(environment: Environment, topology: TopologyId): Promise<Verdict[]> {
  const entry = entryOf(environment.ports, topology, 0);
  const verdicts: Verdict[] = [];
  for (const sample of samplesOf(environment.policies)) {
    const response = await probe({
      port: entry.port,
      path: `/one/1${sample.path}`,
      method: sample.method,
      headers: {
        host: entry.host,
        'x-lab-topology': topology,
        ...sample.headers,
        ...sample.headersFor?.(topology),
      },
      ...(sample.body === undefined ? {} : { body: sample.body }),
      timeoutMs: 10_000,
    });
    const body = masked(response.body.toString('latin1'));
    verdicts.push({
      request: `${sample.method} ${sample.path}`,
      status: response.status,
      bodyHash: createHash('sha256').update(body).digest('hex').slice(0, 16),
      excerpt: body.slice(0, 120),
    });
  }
  return verdicts;
}

/** What is new in every answer, and the consumer whose limit is for one pattern alone. */
function masked(body: string): string {
  return body
    .replace(/\bgreedy-T\w+/g, '<greedy>')
    .replace(/\b[0-9a-f]{32}\b/g, '<id>')
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>');
}

export function differences(reference: readonly Verdict[], other: readonly Verdict[]): string[] {
  const found: string[] = [];
  for (const [at, expected] of reference.entries()) {
    const got = other[at];
    if (got === undefined) {
      found.push(`${other.length} answers instead of ${reference.length}`);
      break;
    }
    if (got.status !== expected.status)
      found.push(`request ${at + 1}, ${expected.request}: status ${got.status}, not ${expected.status}`);
    else if (got.bodyHash !== expected.bodyHash)
      found.push(`request ${at + 1}, ${expected.request}: body ${got.excerpt}, not ${expected.excerpt}`);
  }
  const all = [...countsOf(reference)].filter(
    ([status, count]) => (countsOf(other).get(status) ?? 0) !== count,
  );
  for (const [status, count] of all)
    found.push(`${countsOf(other).get(status) ?? 0} times ${status}, not ${count}`);
  return found.length > MOST_DIFFERENCES
    ? [...found.slice(0, MOST_DIFFERENCES), `and ${found.length - MOST_DIFFERENCES} more`]
    : found;
}

function record(
  topology: TopologyId,
  verdicts: readonly Verdict[],
  comparedWith: TopologyId | null,
  found: readonly string[],
): VerdictRecord {
  const hash = createHash('sha256');
  for (const { status, bodyHash } of verdicts) hash.update(`${status} ${bodyHash}\n`);
  return {
    topology,
    requests: verdicts.length,
    counts: Object.fromEntries([...countsOf(verdicts)].map(([status, count]) => [String(status), count])),
    hash: hash.digest('hex').slice(0, 16),
    comparedWith,
    differences: found,
  };
}

function countsOf(verdicts: readonly Verdict[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { status } of verdicts) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
}
