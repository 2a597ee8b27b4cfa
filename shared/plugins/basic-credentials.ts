/**
 * User name and password out of a header that says `<scheme> base64(user:password)` (RFC 7617). What is not
 * exactly that has none. The password stays bytes: it may be in any encoding.
 */

const { isUtf8 } = process.getBuiltinModule('node:buffer');

export interface BasicCredentials {
  readonly username: string;
  readonly password: Buffer;
}

/** RFC 4648 section 4, padded or not; nothing else may stand between. */
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const COLON = 0x3a;

/** `scheme` in lower case; compared without regard to case (RFC 9110 section 11.1). */
export function readBasicCredentials(value: string, scheme: string): BasicCredentials | undefined {
  const at = scheme.length;
  if (value.length <= at || value[at] !== ' ' || value.slice(0, at).toLowerCase() !== scheme)
    return undefined;
  const encoded = value.slice(at + 1).trim();
  if (!BASE64.test(encoded)) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  // The first colon ends the name: names have none, passwords may.
  const colon = bytes.indexOf(COLON);
  if (colon < 1) return undefined;
  const name = bytes.subarray(0, colon);
  if (!isUtf8(name)) return undefined;
  return { username: name.toString('utf8'), password: bytes.subarray(colon + 1) };
}
