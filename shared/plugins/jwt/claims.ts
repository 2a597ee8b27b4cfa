/** The time claims `exp` and `nbf` (RFC 7519 section 4.1), in unix seconds, with Kong's messages. */
import type { JsonObject } from './json-object.ts';
import { own } from './token.ts';

export interface TimeLimits {
  /** Valid before this and no longer; Infinity: for ever. */
  readonly exp: number;
  /** Valid from this on. */
  readonly nbf: number;
}

export interface ClaimRules {
  /** Claims that must be there. Those that are there count in any case. */
  readonly required: ReadonlySet<string>;
  /** Seconds that `exp` may lie ahead; 0: any number. */
  readonly maximumExpiration: number;
}

/** Messages by claim: the body of the refusal. */
export interface ClaimErrors {
  readonly errors: Readonly<Record<string, string>>;
}

export function readTimes(
  claims: JsonObject,
  rules: ClaimRules,
  nowSeconds: number,
): TimeLimits | ClaimErrors {
  const errors: Record<string, string> = {};
  const exp = time(claims, 'exp', rules, errors) ?? Number.POSITIVE_INFINITY;
  const nbf = time(claims, 'nbf', rules, errors) ?? 0;
  if (errors['exp'] === undefined && exp <= nowSeconds) errors['exp'] = 'token expired';
  if (errors['nbf'] === undefined && nbf > nowSeconds) errors['nbf'] = 'token not valid yet';
  const { maximumExpiration } = rules;
  if (Object.keys(errors).length === 0 && maximumExpiration > 0 && exp - nowSeconds > maximumExpiration) {
    errors['exp'] = 'exceeds maximum allowed expiration';
  }
  return Object.keys(errors).length > 0 ? { errors } : { exp, nbf };
}

function time(
  claims: JsonObject,
  name: 'exp' | 'nbf',
  { required }: ClaimRules,
  errors: Record<string, string>,
): number | undefined {
  const value = own(claims, name);
  if (value === undefined && !required.has(name)) return undefined;
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  errors[name] = 'must be a number';
  return undefined;
}
