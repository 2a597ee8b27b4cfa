/**
 * Parsed JSON -> a frame of the protocol, or a FrameError that says what is wrong with it. Every field is looked
 * at and every list has a bound, so that what comes out can be used without asking again. Fields that are not known
 * are left out.
 */
import type { StoredEntity } from '../config/change.ts';
import { nestsDeeperThan } from '../config/declarative/canonical-json.ts';
import { readWire, type WireReport } from '../observe/traffic/wire-report.ts';
import { FrameError } from './frames.ts';
import type {
  ControlPlaneFrame,
  DataPlaneFrame,
  DataPlaneRole,
  GenerationManifest,
  Hello,
  Subscription,
} from './protocol.ts';

type Row = Readonly<Record<string, unknown>>;

/** Longest name, address or version. */
const MAX_TEXT = 256;
const MAX_REASON = 4096;
const MAX_PLUGINS = 512;
/** Names in a subscription. */
export const MAX_CALLS = 4096;
/** How deep an entity may nest: far more than any schema does. */
const MAX_DEPTH = 64;
const COLLECTION = /^[a-z][a-z0-9_]{0,63}$/;
const NODE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^[0-9a-f]{64}$/;

/** Whether a text may be a node's id: it becomes part of a certificate and of paths. */
export function isNodeId(value: unknown): value is string {
  return typeof value === 'string' && NODE.test(value);
}

/** What a control plane sent. Throws a FrameError. */
export function readControlPlaneFrame(value: unknown): ControlPlaneFrame {
  const row = object(value, 'a frame');
  switch (row['type']) {
    case 'begin':
      return {
        type: 'begin',
        manifest: manifest(row['manifest']),
        signature: text(row['signature'], 'signature'),
        base: row['base'] === null ? null : digest(row['base'], 'base'),
        refused: texts(row['refused'], 'refused', MAX_CALLS + 1),
      };
    case 'part':
      return {
        type: 'part',
        puts: list(row['puts'], 'puts', Number.MAX_SAFE_INTEGER).map((one) => {
          const put = object(one, 'puts');
          return {
            collection: collection(put['collection']),
            entities: list(put['entities'], 'entities', Number.MAX_SAFE_INTEGER).map(entity),
          };
        }),
        deletes: list(row['deletes'], 'deletes', Number.MAX_SAFE_INTEGER).map((one) => {
          const gone = object(one, 'deletes');
          return {
            collection: collection(gone['collection']),
            ids: texts(gone['ids'], 'ids', Number.MAX_SAFE_INTEGER),
          };
        }),
      };
    case 'end':
      return { type: 'end' };
    case 'current':
      return {
        type: 'current',
        manifest: manifest(row['manifest']),
        signature: text(row['signature'], 'signature'),
      };
    case 'pong':
      return { type: 'pong' };
    case 'go-away':
      return { type: 'go-away', retryAfterMs: count(row['retryAfterMs'], 'retryAfterMs') };
    default:
      throw new FrameError('a frame of an unknown type');
  }
}

/** What a data plane sent. Throws a FrameError. */
export function readDataPlaneFrame(value: unknown): DataPlaneFrame {
  const row = object(value, 'a frame');
  switch (row['type']) {
    case 'hello':
      return hello(row);
    case 'ack':
      return {
        type: 'ack',
        generation: count(row['generation'], 'generation'),
        digest: digest(row['digest'], 'digest'),
      };
    case 'nack':
      return {
        type: 'nack',
        generation: count(row['generation'], 'generation'),
        digest: digest(row['digest'], 'digest'),
        resource: text(row['resource'], 'resource', MAX_REASON),
        error: text(row['error'], 'error', MAX_REASON),
      };
    case 'report':
      return {
        type: 'report',
        rssBytes: count(row['rssBytes'], 'rssBytes'),
        requestsTotal: count(row['requestsTotal'], 'requestsTotal'),
        uptimeSeconds: count(row['uptimeSeconds'], 'uptimeSeconds'),
        generation: count(row['generation'], 'generation'),
        ...(row['traffic'] === undefined ? {} : { traffic: traffic(row['traffic']) }),
      };
    case 'ping':
      return { type: 'ping' };
    default:
      throw new FrameError('a frame of an unknown type');
  }
}

function traffic(value: unknown): WireReport {
  try {
    return readWire(value);
  } catch (error) {
    throw new FrameError((error as Error).message);
  }
}

/** Throws a FrameError. */
export function readRole(value: unknown): DataPlaneRole {
  if (value !== 'microgateway' && value !== 'gateway') throw new FrameError('role is not one of the known');
  return value;
}

/** Name of a service, or null. Throws a FrameError. */
export function readServiceName(value: unknown): string | null {
  return value === null ? null : text(value, 'service');
}

function hello(row: Row): Hello {
  if (!isNodeId(row['node'])) throw new FrameError('node is not the id of a node');
  const have = row['have'] === null ? null : object(row['have'], 'have');
  return {
    type: 'hello',
    node: row['node'],
    role: readRole(row['role']),
    version: text(row['version'], 'version'),
    hostname: text(row['hostname'], 'hostname'),
    plugins: pluginVersions(row['plugins']),
    subscription: subscription(row['subscription']),
    have:
      have === null
        ? null
        : {
            generation: count(have['generation'], 'have.generation'),
            digest: digest(have['digest'], 'have.digest'),
          },
    budgetBytes: count(row['budgetBytes'], 'budgetBytes'),
    statusAddress: row['statusAddress'] === null ? null : text(row['statusAddress'], 'statusAddress'),
  };
}

function subscription(value: unknown): Subscription {
  const row = object(value, 'subscription');
  return { service: readServiceName(row['service']), calls: texts(row['calls'], 'calls', MAX_CALLS) };
}

function pluginVersions(value: unknown): Readonly<Record<string, string>> {
  const row = object(value, 'plugins');
  const names = Object.keys(row);
  if (names.length > MAX_PLUGINS) throw new FrameError('plugins is too long');
  const versions: Record<string, string> = Object.create(null);
  for (const name of names) {
    versions[text(name, 'plugins')] = text(row[name], 'plugins');
  }
  return versions;
}

function manifest(value: unknown): GenerationManifest {
  const row = object(value, 'manifest');
  return {
    generation: count(row['generation'], 'generation'),
    digest: digest(row['digest'], 'digest'),
    configurationHash: text(row['configurationHash'], 'configurationHash'),
    service: readServiceName(row['service']),
    calls: texts(row['calls'], 'calls', MAX_CALLS),
    issuedAt: count(row['issuedAt'], 'issuedAt'),
  };
}

function entity(value: unknown): StoredEntity {
  const row = object(value, 'an entity');
  text(row['id'], 'id');
  if (nestsDeeperThan(row, MAX_DEPTH)) throw new FrameError('an entity nests too deep');
  return row as StoredEntity;
}

function object(value: unknown, what: string): Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FrameError(`${what} is not an object`);
  }
  return value as Row;
}

function list(value: unknown, what: string, limit: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new FrameError(`${what} is not a list`);
  if (value.length > limit) throw new FrameError(`${what} is too long`);
  return value;
}

function texts(value: unknown, what: string, limit: number): readonly string[] {
  return list(value, what, limit).map((one) => text(one, what));
}

function text(value: unknown, what: string, limit: number = MAX_TEXT): string {
  if (typeof value !== 'string') throw new FrameError(`${what} is not a text`);
  if (value.length === 0 || value.length > limit) throw new FrameError(`${what} is empty or too long`);
  return value;
}

function collection(value: unknown): string {
  if (typeof value !== 'string' || !COLLECTION.test(value)) {
    throw new FrameError('collection is not the name of one');
  }
  return value;
}

function digest(value: unknown, what: string): string {
  if (typeof value !== 'string' || !DIGEST.test(value)) throw new FrameError(`${what} is not a digest`);
  return value;
}

function count(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new FrameError(`${what} is not a count`);
  }
  return value;
}
