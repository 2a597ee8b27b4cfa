/** One cookie of the plugin: read from requests, written to responses, taken back. */
import type { Headers } from '../../http/headers.ts';
import { cookieValues } from '../cookies.ts';
import { MAX_SEALED_LENGTH, type Opened, Seal } from './seal.ts';

export interface CookieAttributes {
  readonly path: string;
  readonly domain: string | null;
  readonly sameSite: string;
  readonly httpOnly: boolean;
  readonly secure: boolean;
}

/** More cookies of one name than this are not tried. */
const MAX_TRIES = 4;

export class SessionCookie {
  readonly name: string;
  readonly #seal: Seal;
  readonly #attributes: string;

  constructor(name: string, audience: string, secrets: readonly string[], attributes: CookieAttributes) {
    this.name = name;
    this.#seal = new Seal(secrets, `${name}\n${audience}`);
    const { path, domain, sameSite, httpOnly, secure } = attributes;
    this.#attributes = [
      `; Path=${path}`,
      domain === null ? '' : `; Domain=${domain}`,
      sameSite === 'Default' ? '' : `; SameSite=${sameSite}`,
      secure ? '; Secure' : '',
      httpOnly ? '; HttpOnly' : '',
    ].join('');
  }

  read(headers: Headers): Opened | undefined {
    const values = cookieValues(headers, this.name);
    for (let at = 0; at < values.length && at < MAX_TRIES; at++) {
      const opened = this.#seal.open(values[at]!);
      if (opened !== undefined) return opened;
    }
    return undefined;
  }

  /** The value of a `Set-Cookie`; undefined when no browser would keep it. `maxAge` in seconds: it outlives the browser. */
  write(text: string, maxAge?: number): string | undefined {
    const sealed = this.#seal.seal(text);
    if (sealed.length > MAX_SEALED_LENGTH) return undefined;
    const lifetime = maxAge === undefined ? '' : `; Max-Age=${Math.floor(maxAge)}`;
    return `${this.name}=${sealed}${lifetime}${this.#attributes}`;
  }

  takeBack(): string {
    return `${this.name}=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0${this.#attributes}`;
  }
}
