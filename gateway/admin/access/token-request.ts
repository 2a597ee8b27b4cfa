/**
 * The body of `POST /_cardinal/tokens`: `{role, name?, expires_at? | expires_in?}` for the Admin API, and for data planes
 * `{role: microgateway | gateway, service?, calls?, uses?, expires_at? | expires_in?}`. Times in (Unix) seconds.
 */
import type { DataPlaneRole } from '../../../shared/sync/protocol.ts';
import { ROLES, type Role } from './contract.ts';
import { brokenTokenName, isRole } from './tokens.ts';

const LONGEST_SECONDS = 10 * 366 * 86_400;
const COMMON = ['role', 'expires_at', 'expires_in'];
const FIELDS = { admin: [...COMMON, 'name'], join: [...COMMON, 'service', 'calls', 'uses'] } as const;

export const JOIN_ROLES: readonly DataPlaneRole[] = ['microgateway', 'gateway'];

interface Expiring {
  /** Milliseconds since the epoch; null: never. */
  readonly expiresAt: number | null;
}

export type TokenRequest =
  | (Expiring & { readonly kind: 'admin'; readonly role: Role; readonly name?: string })
  | (Expiring & {
      readonly kind: 'join';
      readonly role: DataPlaneRole;
      readonly service: string | null;
      readonly calls: readonly string[] | '*';
      readonly uses: number | null;
    });

/** Kong's error object for a body that is wrong. */
export class WrongTokenRequest extends Error {
  readonly body: {
    readonly code: 2;
    readonly name: 'schema violation';
    readonly message: string;
    readonly fields: Readonly<Record<string, string>>;
  };

  constructor(problems: ReadonlyMap<string, string>) {
    const list = [...problems].map(([field, message]) => `${field}: ${message}`);
    const title = list.length === 1 ? 'schema violation' : `${list.length} schema violations`;
    super(`${title} (${list.join('; ')})`);
    this.name = 'WrongTokenRequest';
    const fields = Object.fromEntries(problems);
    this.body = { code: 2, name: 'schema violation', message: this.message, fields };
  }
}

/** Throws a WrongTokenRequest. `now` in milliseconds. */
export function readTokenRequest(
  input: Readonly<Record<string, unknown>> | undefined,
  now: number,
): TokenRequest {
  const problems = new Map<string, string>();
  const given = input ?? {};
  const { role } = given;
  const join = JOIN_ROLES.includes(role as DataPlaneRole);
  if (role === undefined || role === null) problems.set('role', 'required field missing');
  else if (!join && !isRole(role))
    problems.set('role', `expected one of: ${[...ROLES, ...JOIN_ROLES].join(', ')}`);
  const known: readonly string[] = join ? FIELDS.join : FIELDS.admin;
  for (const field of Object.keys(given)) {
    if (known.includes(field)) continue;
    const elsewhere = (FIELDS.join as readonly string[]).includes(field) || field === 'name';
    problems.set(field, elsewhere ? `a token with the role ${String(role)} has none` : 'unknown field');
  }
  const expiresAt = expiry(given, now, problems);
  const request: TokenRequest = join
    ? { kind: 'join', role: role as DataPlaneRole, expiresAt, ...joinFields(given, problems) }
    : { kind: 'admin', role: role as Role, expiresAt, ...nameField(given, problems) };
  if (problems.size > 0) throw new WrongTokenRequest(problems);
  return request;
}

type Given = Readonly<Record<string, unknown>>;

function nameField({ name }: Given, problems: Map<string, string>): { readonly name?: string } {
  if (name === undefined || name === null) return {};
  const broken = brokenTokenName(name);
  if (broken !== undefined) problems.set('name', broken);
  return { name: name as string };
}

function joinFields(given: Given, problems: Map<string, string>) {
  const { service = null, calls = '*', uses = null, role } = given;
  if (service !== null && (typeof service !== 'string' || service === '' || service.length > 256)) {
    problems.set('service', 'expected the name of a service');
  } else if (service !== null && role === 'gateway')
    problems.set('service', 'a gateway stands beside no service');
  const names = Array.isArray(calls) && calls.every((name) => typeof name === 'string' && name !== '');
  if (calls !== '*' && !names) problems.set('calls', 'expected names of services, or *');
  if (uses !== null && (!Number.isSafeInteger(uses) || (uses as number) < 1)) {
    problems.set('uses', 'expected an integer of at least 1');
  }
  return {
    service: service as string | null,
    calls: calls as readonly string[] | '*',
    uses: uses as number | null,
  };
}

function expiry(given: Given, now: number, problems: Map<string, string>): number | null {
  const at = given['expires_at'] ?? null;
  const after = given['expires_in'] ?? null;
  if (at !== null && after !== null) problems.set('expires_in', 'cannot be given together with expires_at');
  const field = at !== null ? 'expires_at' : 'expires_in';
  const value = at ?? after;
  if (value === null) return null;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    problems.set(field, 'expected an integer');
    return null;
  }
  const seconds = field === 'expires_at' ? value - now / 1000 : value;
  if (seconds <= 0) problems.set(field, 'must be in the future');
  else if (seconds > LONGEST_SECONDS) problems.set(field, 'must be within ten years');
  return Math.round(now + seconds * 1000);
}
