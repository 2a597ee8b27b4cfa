/** The `WWW-Authenticate` header of a refusal. */
import type { ExitOptions } from './contract.ts';
import { headerText } from './header-text.ts';

/** `Scheme`, or `Scheme realm="..."`. */
export function challenge(scheme: string, realm: string | null): string {
  return realm === null ? scheme : `${scheme} realm="${quotable(realm)}"`;
}

export function refusalWith(challenge: string): ExitOptions {
  return { headers: [['WWW-Authenticate', challenge]] };
}

/** Text between the quotes of a quoted-string (RFC 9110 section 5.6.4). */
export function quotable(text: string): string {
  return headerText(text).replace(/["\\]/g, '\\$&');
}
