/**
 * `hmac username="..", algorithm="..", headers="..", signature=".."`: what a client says about its signature. The four may
 * stand in any order, each once; none has a quote in it.
 */

export interface SignatureParameters {
  readonly username: string;
  readonly algorithm: string;
  /** Names in the order in which they were signed, as they are written. */
  readonly signed: readonly string[];
  readonly signature: Buffer;
}

const SCHEME = /^hmac +(?=[a-z])/i;
const PARAMETER = /([a-z]+)="([^"]*)"(?:[ \t]*,[ \t]*|$)/y;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const MAX_SIGNED = 64;

export function readSignature(value: string): SignatureParameters | undefined {
  const scheme = SCHEME.exec(value);
  if (scheme === null) return undefined;
  const found = new Map<string, string>();
  PARAMETER.lastIndex = scheme[0].length;
  while (PARAMETER.lastIndex < value.length) {
    const match = PARAMETER.exec(value);
    if (match === null || found.has(match[1]!)) return undefined;
    found.set(match[1]!, match[2]!);
  }
  const username = found.get('username');
  const algorithm = found.get('algorithm');
  const signature = found.get('signature');
  const signed = found.get('headers')?.split(' ').filter(Boolean) ?? [];
  if (!username || !algorithm || signature === undefined || !BASE64.test(signature)) return undefined;
  if (signed.length === 0 || signed.length > MAX_SIGNED) return undefined;
  return { username: utf8(username), algorithm, signed, signature: Buffer.from(signature, 'base64') };
}

/** Header values are octets; names of credentials are text. */
function utf8(octets: string): string {
  return Buffer.from(octets, 'latin1').toString('utf8');
}
