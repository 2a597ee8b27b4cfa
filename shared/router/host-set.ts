/**
 * Host patterns as routes name them in `hosts` and `snis`: exact, `*.x` (ends with `.x`) or `x.*` (starts
 * with `x.`), each with an optional port. Compared case-sensitively with what the client sent, as in Kong.
 */

export interface HostPattern {
  readonly kind: 'exact' | 'suffix' | 'prefix';
  /** Without the `*`: `.x` for `*.x`. */
  readonly text: string;
  /** 0 when any port will do. */
  readonly port: number;
}

export function parseHostPattern(pattern: string): HostPattern {
  const colon = portColon(pattern);
  const host = colon === -1 ? pattern : pattern.slice(0, colon);
  const port = colon === -1 ? 0 : Number(pattern.slice(colon + 1));
  if (host.startsWith('*')) return { kind: 'suffix', text: host.slice(1), port };
  if (host.endsWith('*')) return { kind: 'prefix', text: host.slice(0, -1), port };
  return { kind: 'exact', text: host, port };
}

/** A trailing dot of a fully qualified name does not count. */
export function parseSniPattern(pattern: string): HostPattern {
  return parseHostPattern(withoutTrailingDot(pattern));
}

export function withoutTrailingDot(name: string): string {
  return name.length > 1 && name.endsWith('.') ? name.slice(0, -1) : name;
}

/**
 * Where the first colon is when only digits follow it; otherwise -1 and the whole text is the host, which
 * makes IPv6 literals match nothing, as in Kong.
 */
export function portColon(authority: string): number {
  const colon = authority.indexOf(':');
  if (colon === -1 || colon === authority.length - 1) return -1;
  for (let i = colon + 1; i < authority.length; i++) {
    const code = authority.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return -1;
  }
  return colon;
}

/** The patterns of one route's criterion, for checking one host against all of them. */
export class HostSet {
  /** Exact names; the value lists their ports, 0 for any. */
  readonly #exact = new Map<string, number[]>();
  readonly #wildcards: HostPattern[] = [];

  constructor(patterns: readonly HostPattern[]) {
    for (const pattern of patterns) {
      if (pattern.kind !== 'exact') {
        this.#wildcards.push(pattern);
        continue;
      }
      const ports = this.#exact.get(pattern.text);
      if (ports === undefined) this.#exact.set(pattern.text, [pattern.port]);
      else ports.push(pattern.port);
    }
  }

  has(host: string, port: number): boolean {
    const ports = this.#exact.get(host);
    if (ports !== undefined && (ports.includes(0) || ports.includes(port))) return true;
    for (const { kind, text, port: wanted } of this.#wildcards) {
      if (wanted !== 0 && wanted !== port) continue;
      if (kind === 'suffix' ? host.endsWith(text) : host.startsWith(text)) return true;
    }
    return false;
  }
}
