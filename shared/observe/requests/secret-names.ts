/**
 * Which header fields and query arguments are never shown: those that carry credentials by their nature, those whose
 * name says so, and every name that a plugin of the configuration reads a key from. Their values are replaced before
 * anything is kept or sent; there is no way to get them back.
 */
import type { Plugin } from '../../config/entities.ts';

export const MASK = '***';

const ALWAYS = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'forwarded-authorization',
]);
const TELLING =
  /api-?key|^key$|token|secret|passw|passphrase|credential|session|signature|^sig$|^auth$|-auth$|auth-|jwt|private|client-cert|^code$/;
/** Fields of plugins' configurations that hold names of headers, arguments or cookies with keys in them. */
const NAME_FIELDS = ['key_names', 'header_names', 'uri_param_names', 'cookie_names', 'cookie_name'];

export class SecretNames {
  readonly #configured = new Set<string>();

  constructor(plugins: readonly Pick<Plugin, 'config'>[] = []) {
    for (const { config } of plugins) {
      for (const field of NAME_FIELDS) {
        const names = config[field];
        for (const name of Array.isArray(names) ? names : [names])
          if (typeof name === 'string') this.#configured.add(plain(name));
      }
    }
  }

  has(name: string): boolean {
    const same = plain(name);
    return ALWAYS.has(same) || this.#configured.has(same) || TELLING.test(same);
  }

  /** Of a header field. An address in it (Referer, Location) is shown without the secrets of its query. */
  value(name: string, value: string): string {
    if (this.has(name)) return MASK;
    const mark = value.indexOf('?');
    return mark < 0 ? value : `${value.slice(0, mark)}?${this.query(value.slice(mark + 1))}`;
  }

  query(query: string): string {
    if (!query.includes('=')) return query;
    return query
      .split('&')
      .map((pair) => {
        const equals = pair.indexOf('=');
        return equals > 0 && this.has(decoded(pair.slice(0, equals)))
          ? `${pair.slice(0, equals)}=${MASK}`
          : pair;
      })
      .join('&');
  }
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}
