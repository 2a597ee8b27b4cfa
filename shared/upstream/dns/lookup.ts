/**
 * One complete lookup of a name, without any memory: literals, the hosts file, the search list, the
 * order of record types, SRV targets and CNAMEs. Never throws; bounded in depth and in answers.
 */
import { isIP } from 'node:net';
import type { HostsFile } from './hosts-file.ts';
import type { ResolvedAddress } from './resolution.ts';
import type { ResolvConf } from './resolv-conf.ts';
import { searchNames } from './resolv-conf.ts';
import type { DnsRecord, DnsTransport, QueryType } from './transport.ts';

/** Kong's `dns_order`. `LAST` stands for the type that answered last time. */
export type DnsOrder = 'LAST' | QueryType;

export type LookupOutcome =
  | {
      readonly state: 'found';
      readonly addresses: readonly ResolvedAddress[];
      readonly source: 'A' | 'AAAA' | 'SRV' | 'hosts' | 'literal';
      readonly ttlMs: number;
    }
  | { readonly state: 'not_found' }
  | { readonly state: 'failed'; readonly reason: string };

type Found = Extract<LookupOutcome, { state: 'found' }>;

export interface LookupParts {
  readonly transport: DnsTransport;
  readonly hosts: Pick<HostsFile, 'lookup'>;
  readonly conf: ResolvConf;
  /** Undefined: A, and SRV alone for names that begin with `_service._proto.`. */
  readonly order: readonly DnsOrder[] | undefined;
}

/** Neither literals nor the hosts file have one; how soon a changed hosts file is seen. */
const LOCAL_TTL_MS = 5000;
/** Node does not tell the TTL of SRV records; their targets' addresses may lower it. */
const SRV_TTL_MS = 10_000;
const MAX_RECORDS = 256;
const MAX_SRV_TARGETS = 64;
const MAX_CNAMES = 4;
const MAX_NAME = 253;
const SRV_NAME = /^_[^.]+\._[^.]+\./;
const NOT_FOUND: LookupOutcome = { state: 'not_found' };

/** `last`: source of this name's previous answer. */
export async function lookup(
  name: string,
  last: string | undefined,
  parts: LookupParts,
): Promise<LookupOutcome> {
  if (isIP(name) !== 0) return found('literal', [plain(name)], LOCAL_TTL_MS);
  if (name === '' || name.length > MAX_NAME) return NOT_FOUND;
  const local = await parts.hosts.lookup(name.replace(/\.$/, ''));
  if (local !== undefined) {
    const ips = local.ipv4.length > 0 ? local.ipv4 : local.ipv6;
    return found('hosts', ips.map(plain), LOCAL_TTL_MS);
  }
  const types = typesFor(name, last, parts.order);
  let failure: LookupOutcome | undefined;
  for (const candidate of searchNames(name, parts.conf)) {
    if (candidate.length > MAX_NAME) continue;
    for (const type of types) {
      const outcome = await ask(candidate, type, types, parts, 0);
      if (outcome.state === 'found') return outcome;
      if (outcome.state === 'failed') failure ??= outcome;
    }
  }
  // A server that could not say may have known the name: that is not "does not exist".
  return failure ?? NOT_FOUND;
}

function typesFor(
  name: string,
  last: string | undefined,
  order: readonly DnsOrder[] | undefined,
): QueryType[] {
  if (order === undefined) return SRV_NAME.test(name) ? ['SRV'] : ['A'];
  const types = new Set<QueryType>();
  for (const type of order) {
    if (type !== 'LAST') types.add(type);
    else if (last === 'A' || last === 'AAAA' || last === 'SRV') types.add(last);
  }
  return [...types];
}

async function ask(
  name: string,
  type: QueryType,
  types: readonly QueryType[],
  parts: LookupParts,
  depth: number,
): Promise<LookupOutcome> {
  let records: DnsRecord[];
  try {
    records = await parts.transport.query(name, type);
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code;
    return code === 'ENOTFOUND' || code === 'ENODATA'
      ? NOT_FOUND
      : { state: 'failed', reason: String(code ?? error) };
  }
  switch (type) {
    case 'A':
    case 'AAAA':
      return fromAddresses(type, records);
    case 'SRV':
      return fromServices(records, types, parts);
    case 'CNAME':
      return fromAlias(records, types, parts, depth);
  }
}

function fromAddresses(type: 'A' | 'AAAA', records: readonly DnsRecord[]): LookupOutcome {
  const ips = new Set<string>();
  let ttlSeconds = Number.POSITIVE_INFINITY;
  for (const record of records) {
    if (record.type !== type || ips.size >= MAX_RECORDS) continue;
    ips.add(record.ip);
    ttlSeconds = Math.min(ttlSeconds, record.ttlSeconds);
  }
  return ips.size === 0 ? NOT_FOUND : found(type, [...ips].map(plain), ttlSeconds * 1000);
}

/** Only the records of the lowest priority count (RFC 2782); each target's addresses get its port and weight. */
async function fromServices(
  records: readonly DnsRecord[],
  types: readonly QueryType[],
  parts: LookupParts,
): Promise<LookupOutcome> {
  const services = records.filter((record) => record.type === 'SRV');
  const priority = Math.min(...services.map((service) => service.priority));
  const chosen = services.filter((service) => service.priority === priority).slice(0, MAX_SRV_TARGETS);
  const addressTypes: readonly ('A' | 'AAAA')[] = types.includes('AAAA') ? ['A', 'AAAA'] : ['A'];
  const outcomes = await Promise.all(chosen.map(({ name }) => addressesOf(name, addressTypes, types, parts)));
  const addresses: ResolvedAddress[] = [];
  let ttlMs = SRV_TTL_MS;
  let failure: LookupOutcome | undefined;
  for (const [index, outcome] of outcomes.entries()) {
    const { name, port, weight } = chosen[index]!;
    if (outcome.state === 'failed') failure ??= outcome;
    if (outcome.state !== 'found') continue;
    ttlMs = Math.min(ttlMs, outcome.ttlMs);
    for (const { ip } of outcome.addresses) {
      if (addresses.length < MAX_RECORDS) addresses.push({ ip, port, weight: Math.max(weight, 1), name });
    }
  }
  if (addresses.length > 0) return found('SRV', addresses, ttlMs);
  return failure ?? NOT_FOUND;
}

async function addressesOf(
  name: string,
  addressTypes: readonly ('A' | 'AAAA')[],
  types: readonly QueryType[],
  parts: LookupParts,
): Promise<LookupOutcome> {
  const target = name.toLowerCase().replace(/\.$/, '');
  if (isIP(target) !== 0) return found('literal', [plain(target)], LOCAL_TTL_MS);
  // "." says that the service is not available here (RFC 2782).
  if (target === '') return NOT_FOUND;
  const local = await parts.hosts.lookup(target);
  if (local !== undefined && local.ipv4.length > 0)
    return found('hosts', local.ipv4.map(plain), LOCAL_TTL_MS);
  let outcome: LookupOutcome = NOT_FOUND;
  for (const type of addressTypes) {
    outcome = await ask(target, type, types, parts, 0);
    if (outcome.state === 'found') break;
  }
  return outcome;
}

/** Servers follow CNAMEs themselves as a rule; this is for those that do not. */
async function fromAlias(
  records: readonly DnsRecord[],
  types: readonly QueryType[],
  parts: LookupParts,
  depth: number,
): Promise<LookupOutcome> {
  const alias = records.find((record) => record.type === 'CNAME');
  if (alias === undefined || depth >= MAX_CNAMES) return NOT_FOUND;
  let last: LookupOutcome = NOT_FOUND;
  for (const type of types) {
    last = await ask(alias.name.toLowerCase(), type, types, parts, depth + 1);
    if (last.state === 'found') break;
  }
  return last;
}

function found(source: Found['source'], addresses: readonly ResolvedAddress[], ttlMs: number): Found {
  return { state: 'found', source, addresses, ttlMs };
}

function plain(ip: string): ResolvedAddress {
  return { ip, port: undefined, weight: undefined, name: undefined };
}
