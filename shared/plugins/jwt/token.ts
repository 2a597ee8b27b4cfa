/**
 * A token taken apart (RFC 7515 section 7.1, compact form), strictly: whatever two readers could read in two ways
 * is refused. Nothing here has been verified yet: a token may choose neither its key nor its algorithm.
 */
import { type Algorithm, isAlgorithm } from './algorithms.ts';
import { type JsonObject, parseJsonObject } from './json-object.ts';

export interface Token {
  readonly algorithm: Algorithm;
  readonly header: JsonObject;
  readonly claims: JsonObject;
  /** Both segments and the dot between them: what is signed. */
  readonly signed: string;
  readonly signature: Buffer;
}

/** Longer ones are refused before anything is decoded. */
const MAX_TOKEN_LENGTH = 8192;

/** The token, or Kong's words for what is wrong with it. */
export function parseToken(text: string): Token | string {
  if (text.length > MAX_TOKEN_LENGTH) return 'Bad token; invalid JSON';
  const first = text.indexOf('.');
  const second = text.indexOf('.', first + 1);
  if (first < 1 || second < first + 2 || text.includes('.', second + 1)) return 'Bad token; invalid JSON';
  const header = readSegment(text.slice(0, first));
  if (header === undefined) return 'Bad token; invalid JSON';
  const algorithm = own(header, 'alg');
  if (!isAlgorithm(algorithm)) return 'Bad token; invalid alg';
  // No extension is understood here, so none may be critical (RFC 7515 section 4.1.11, RFC 7797 section 6).
  if (Object.hasOwn(header, 'crit') || own(header, 'b64') === false) return 'Bad token; invalid crit';
  const claims = readSegment(text.slice(first + 1, second));
  if (claims === undefined) return 'Bad token; invalid claims';
  const signature = decode(text.slice(second + 1));
  if (signature === undefined) return 'Bad token; invalid signature';
  return { algorithm, header, claims, signed: text.slice(0, second), signature };
}

/** A member of an object from outside, never one of its prototype. */
export function own(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function readSegment(segment: string): JsonObject | undefined {
  const bytes = decode(segment);
  return bytes === undefined ? undefined : parseJsonObject(bytes);
}

/** Base64url without padding, and the one spelling only: unused bits are zero (RFC 4648 section 3.5). */
function decode(segment: string): Buffer | undefined {
  const bytes = Buffer.from(segment, 'base64url');
  return bytes.length > 0 && bytes.toString('base64url') === segment ? bytes : undefined;
}
