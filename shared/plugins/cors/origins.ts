/**
 * Which origins may read a response (RFC 6454, Fetch 3.2). Every way of writing one is compared in one normal
 * form: scheme and host in lower case, the scheme's own port left out.
 */
import { type LinearPattern, linearPattern } from '../../config/schema/patterns.ts';

/** What `Access-Control-Allow-Origin` says, or undefined when it may not be there. */
export interface OriginRule {
  /** The answer is `*`. */
  readonly any: boolean;
  /** The answer depends on the request: caches must know (RFC 9110 12.5.5). */
  readonly varies: boolean;
  allowed(origin: string | undefined): string | undefined;
}

/** Longer ones are no origins: a host name has at most 253 characters. */
const MAX_ORIGIN_LENGTH = 300;
const PLAIN = /^[A-Za-z0-9.:/-]+$/;

interface Origin {
  readonly text: string;
  readonly host: string;
}

function normalOrigin(text: string): Origin | undefined {
  if (text.length > MAX_ORIGIN_LENGTH) return undefined;
  const parts = /^([a-z][a-z0-9+.-]*):\/\/(\[[0-9a-f:.]+\]|[^/:@?#\s,]+)(?::(\d{1,5}))?$/.exec(
    text.toLowerCase(),
  );
  if (parts === null) return undefined;
  const [, scheme, host, port] = parts as unknown as [string, string, string, string | undefined];
  const isDefault =
    port === undefined || port === (scheme === 'https' ? '443' : scheme === 'http' ? '80' : '');
  return { text: `${scheme}://${host}${isDefault ? '' : `:${port}`}`, host };
}

export function originRule(origins: readonly string[] | null): OriginRule {
  if (origins === null || origins.length === 0 || (origins.length === 1 && origins[0] === '*')) {
    return { any: true, varies: false, allowed: () => '*' };
  }
  const [only] = origins;
  if (origins.length === 1 && PLAIN.test(only!)) {
    return { any: false, varies: true, allowed: () => only };
  }
  const plain = new Set<string>();
  const byHost: LinearPattern[] = [];
  const whole: LinearPattern[] = [];
  let star = false;
  for (const entry of origins) {
    if (entry === '*') star = true;
    else if (PLAIN.test(entry)) plain.add(normalOrigin(entry)?.text ?? entry);
    else (entry.includes(':') ? whole : byHost).push(linearPattern(entry, 'whole'));
  }
  return {
    any: star,
    varies: true,
    allowed(origin) {
      if (star) return '*';
      const asking = origin === undefined ? undefined : normalOrigin(origin);
      if (asking === undefined) return undefined;
      if (plain.has(asking.text)) return asking.text;
      for (const pattern of whole) if (pattern.test(asking.text)) return asking.text;
      for (const pattern of byHost) if (pattern.test(asking.host)) return asking.text;
      return undefined;
    },
  };
}
