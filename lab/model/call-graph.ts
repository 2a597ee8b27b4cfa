/**
 * A call graph of the user's own, as JSON:
 *
 *   { "entry": "shop", "requestsPerSecond": 200, "roundTripMs": 0.5,
 *     "services": { "shop": { "instances": 4, "timeMs": 2 }, "cart": { "instances": 2 } },
 *     "calls": [ { "from": "shop", "to": "cart", "times": 2 },
 *                { "from": "shop", "to": "stock", "atOnce": "lookups" } ] }
 *
 * Calls of a service come one after another; those with the same `atOnce` come together. A service that calls itself,
 * over whatever others, is refused.
 */
import { readFileSync } from 'node:fs';
import { CliError, systemErrorText } from '../../shared/cli/cli-error.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';

export interface GraphService {
  readonly instances: number;
  /** Its own work for one request, without what it calls. */
  readonly timeMs: number;
  /** Written for Node: plugins can run in its process. */
  readonly embeddable: boolean;
}

export interface GraphCall {
  readonly from: string;
  readonly to: string;
  readonly times: number;
  readonly atOnce: string | null;
  /** The failure of one proxy must not reach beyond the two services. */
  readonly isolated: boolean;
}

export interface CallGraph {
  readonly entry: string;
  readonly requestsPerSecond: number;
  readonly roundTripMs: number;
  readonly services: ReadonlyMap<string, GraphService>;
  readonly calls: readonly GraphCall[];
}

const MOST = 1000;

/** Throws a `CliError` that says where. */
export function readCallGraph(path: string): CallGraph {
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new CliError(`${path}: ${error instanceof SyntaxError ? error.message : systemErrorText(error)}`, {
      exitCode: EXIT.config,
    });
  }
  try {
    return callGraphOf(document);
  } catch (error) {
    throw new CliError(`${path}: ${(error as Error).message}`, { exitCode: EXIT.config });
  }
}

/** Throws an error that says where. */
export function callGraphOf(document: unknown): CallGraph {
  const root = objectOf(document, 'the document');
  const services = new Map<string, GraphService>();
  for (const [name, value] of Object.entries(objectOf(root['services'], 'services'))) {
    const service = objectOf(value, `services.${name}`);
    services.set(name, {
      instances: numberOf(service['instances'], 1, `services.${name}.instances`, 1),
      timeMs: numberOf(service['timeMs'], 0, `services.${name}.timeMs`, 0),
      embeddable: service['embeddable'] === true,
    });
  }
  const entry = String(root['entry'] ?? '');
  if (!services.has(entry)) throw new Error(`entry: there is no service '${entry}'`);
  const list = root['calls'];
  if (!Array.isArray(list) || list.length === 0 || list.length > MOST)
    throw new Error(`calls: expected a list of 1 to ${MOST} calls`);
  const calls = list.map((value, at): GraphCall => {
    const call = objectOf(value, `calls[${at}]`);
    const [from, to] = [String(call['from'] ?? ''), String(call['to'] ?? '')];
    for (const [field, name] of Object.entries({ from, to }))
      if (!services.has(name)) throw new Error(`calls[${at}].${field}: there is no service '${name}'`);
    return {
      from,
      to,
      times: numberOf(call['times'], 1, `calls[${at}].times`, 1),
      atOnce: call['atOnce'] === undefined ? null : String(call['atOnce']),
      isolated: call['isolated'] === true,
    };
  });
  refuseCycles(entry, calls);
  return {
    entry,
    requestsPerSecond: numberOf(root['requestsPerSecond'], 100, 'requestsPerSecond', 0),
    roundTripMs: numberOf(root['roundTripMs'], 0, 'roundTripMs', 0),
    services,
    calls,
  };
}

function refuseCycles(entry: string, calls: readonly GraphCall[]): void {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) throw new Error(`calls: ${[...path, name].join(' -> ')} never ends`);
    if (done.has(name)) return;
    for (const { from, to } of calls) if (from === name) visit(to, [...path, name]);
    done.add(name);
  };
  visit(entry, []);
}

function objectOf(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${where}: expected an object`);
  return value as Record<string, unknown>;
}

function numberOf(value: unknown, otherwise: number, where: string, least: number): number {
  if (value === undefined) return otherwise;
  if (typeof value !== 'number' || !(value >= least) || !Number.isFinite(value))
    throw new Error(`${where}: expected a number from ${least} on`);
  return value;
}
