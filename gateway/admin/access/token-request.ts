/** The body of `POST /_cardinal/tokens`: `{name?, role, expires_at? | expires_in?}`, times in (Unix) seconds. */
import { ROLES, type Role } from './contract.ts';
import { brokenTokenName, isRole } from './tokens.ts';

const LONGEST_SECONDS = 10 * 366 * 86_400;
const KNOWN = new Set(['name', 'role', 'expires_at', 'expires_in']);

export interface TokenRequest {
  readonly role: Role;
  readonly name?: string;
  /** Milliseconds since the epoch; null: never. */
  readonly expiresAt: number | null;
}

export type WrongTokenRequest = {
  readonly status: 400;
  readonly body: {
    readonly code: 2;
    readonly name: 'schema violation';
    readonly message: string;
    readonly fields: Readonly<Record<string, string>>;
  };
};

/** `now` in milliseconds. */
export function readTokenRequest(
  input: Readonly<Record<string, unknown>> | undefined,
  now: number,
): TokenRequest | WrongTokenRequest {
  const problems = new Map<string, string>();
  const given = input ?? {};
  for (const field of Object.keys(given)) if (!KNOWN.has(field)) problems.set(field, 'unknown field');
  const { role, name } = given;
  if (role === undefined || role === null) problems.set('role', 'required field missing');
  else if (!isRole(role)) problems.set('role', `expected one of: ${ROLES.join(', ')}`);
  if (name !== undefined && name !== null) {
    const broken = brokenTokenName(name);
    if (broken !== undefined) problems.set('name', broken);
  }
  const expiresAt = expiry(given, now, problems);
  if (problems.size > 0) {
    const list = [...problems].map(([field, message]) => `${field}: ${message}`);
    const title = list.length === 1 ? 'schema violation' : `${list.length} schema violations`;
    const message = `${title} (${list.join('; ')})`;
    const fields = Object.fromEntries(problems);
    return { status: 400, body: { code: 2, name: 'schema violation', message, fields } };
  }
  return { role: role as Role, expiresAt, ...(typeof name === 'string' ? { name } : {}) };
}

function expiry(
  given: Readonly<Record<string, unknown>>,
  now: number,
  problems: Map<string, string>,
): number | null {
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
