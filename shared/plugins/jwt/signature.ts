/**
 * Whether a signature holds under one algorithm and one ready key. jsonwebtoken decides for all that it knows; EdDSA,
 * which it does not, is one call of Node's own. Never throws for what a token says.
 */
import type { KeyObject } from 'node:crypto';
import type { VerifyOptions } from 'jsonwebtoken';
import { ALGORITHMS, type Algorithm } from './algorithms.ts';
import type { Token } from './token.ts';

const { verify } = process.getBuiltinModule('node:crypto');
const { createRequire } = process.getBuiltinModule('node:module');
// An ES import of a CommonJS package loads a lexer for it, which costs megabytes beside every service.
const jsonwebtoken: typeof import('jsonwebtoken') = createRequire(import.meta.url)('jsonwebtoken');

/** Times are checked by the plugin: with Kong's rules, and again at each hit of its cache. */
const OPTIONS: ReadonlyMap<Algorithm, VerifyOptions> = new Map(
  ALGORITHMS.filter((algorithm) => algorithm !== 'EdDSA').map((algorithm) => [
    algorithm,
    { algorithms: [algorithm], ignoreExpiration: true, ignoreNotBefore: true },
  ]),
);

export function signatureHolds(token: Token, algorithm: Algorithm, key: KeyObject): boolean {
  const options = OPTIONS.get(algorithm);
  try {
    if (options === undefined) return verify(null, Buffer.from(token.signed), key, token.signature);
    jsonwebtoken.verify(`${token.signed}.${token.signature.toString('base64url')}`, key, options);
    return true;
  } catch {
    return false;
  }
}
