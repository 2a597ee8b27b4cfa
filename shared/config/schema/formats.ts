/**
 * Kong's string formats. Each function returns Kong's message when the text is wrong, else undefined, so
 * that it can stand as the `custom` check of a field; below them are fields made from them.
 */

import { isToken } from '../../http/octets.ts';
import { compilePattern } from '../../router/regex/compile.ts';
import type { PatternOptions } from '../../router/regex/contract.ts';
import { isHostname, parseHostPort } from './address.ts';
import { array, integer, map, type NumberOptions, type StringOptions, set, string } from './field.ts';
import { parseCidr } from './ip-range.ts';
import { brokenEscape, normalPrefix } from './path.ts';

type Verdict = string | undefined;

/** Names of services, routes and plugin instances: letters, digits, `.`, `-`, `_`, `~`, and non-ASCII text. */
export function brokenName(text: string): Verdict {
  if (!text.isWellFormed()) {
    const position = [...text].findIndex((c) => !c.isWellFormed()) + 1;
    return `invalid utf-8 character sequence detected at position ${position}`;
  }
  return /^[A-Za-z0-9._~\u0080-\u{10ffff}-]*$/u.test(text)
    ? undefined
    : `invalid value '${text}': the only accepted ascii characters are alphanumerics or ., -, _, and ~`;
}

export function brokenTag(text: string): Verdict {
  return text.isWellFormed() && /^[^\u0000-\u001f,/\u007f]*$/.test(text)
    ? undefined
    : `invalid tag '${text}': expected printable ascii (except \`,\` and \`/\`) or valid utf-8 sequences`;
}

export function brokenHost(text: string): Verdict {
  const parsed = parseHostPort(text);
  if (parsed === undefined) return `invalid value: ${text}`;
  return parsed.port === undefined ? undefined : 'must not have a port';
}

/** A host with an optional port (`host_header`). */
export function brokenHostWithPort(text: string): Verdict {
  return parseHostPort(text) === undefined ? `invalid value: ${text}` : undefined;
}

/** Paths of services and of health checks. */
export function brokenPath(text: string): Verdict {
  if (!text.startsWith('/')) return 'should start with: /';
  if (text.includes('//')) return 'must not have empty segments';
  if (!/^[A-Za-z0-9._~/%:@!$&'()*+,;=-]*$/.test(text)) {
    return `invalid path: '${text}' (characters outside of the reserved list of RFC 3986 found)`;
  }
  return brokenEscape(text);
}

/**
 * A regular expression as the router compiles it. Kong's two texts: its first check is made with PCRE, its
 * second with the engine that routes, which refuses more.
 */
function brokenPattern(source: string, options: PatternOptions): Verdict {
  const compiled = compilePattern(source, options);
  if (compiled.ok) return undefined;
  return compiled.reason === 'malformed'
    ? `invalid regex: '${source}' (PCRE returned: ${compiled.message})`
    : `Router Expression failed validation: regex parse error: ${compiled.message}`;
}

/** Values of `headers` of routes: text, or `~*` and a regular expression. */
export function brokenRouteHeaderValue(text: string): Verdict {
  return text.startsWith('~*')
    ? brokenPattern(text.slice(2), { anchored: false, caseInsensitive: true })
    : undefined;
}

/** `paths` of routes: a prefix in normal form, or `~` and a regular expression. */
export function brokenRoutePath(text: string): Verdict {
  if (!text.startsWith('/') && !text.startsWith('~/')) {
    return 'should start with: / (fixed path) or ~/ (regex path)';
  }
  if (text.startsWith('~')) return brokenPattern(text.slice(1), { anchored: true });
  if (text.includes('//')) return 'must not have empty segments';
  const broken = brokenEscape(text);
  if (broken !== undefined) return broken;
  const normal = normalPrefix(text);
  // Kong accepts what no request path can have: such a prefix gets a warning (CD1505).
  return normal === undefined || normal === text
    ? undefined
    : `non-normalized path, consider use '${normal}' instead`;
}

/** `hosts` of routes: a host with an optional port and at most one wildcard at either end. */
export function brokenRouteHost(text: string): Verdict {
  const stars = text.split('*').length - 1;
  if (stars === 0) return parseHostPort(text) === undefined ? `invalid hostname: ${text}` : undefined;
  if (stars > 1) return 'invalid wildcard: must have at most one wildcard';
  const [, host = text, port = ''] = /^(.*?)(:\d+)?$/s.exec(text) ?? [];
  if (!host.startsWith('*.') && !host.endsWith('.*')) {
    return 'invalid wildcard: must be placed at leftmost or rightmost label';
  }
  const probe = host.startsWith('*.') ? `wildcard${host.slice(1)}` : `${host.slice(0, -1)}wildcard`;
  return parseHostPort(probe + port)?.kind === 'name' ? undefined : `invalid hostname: ${text}`;
}

/** Names sent by TLS clients, with a wildcard at either end. */
export function brokenWildcardHost(text: string): Verdict {
  const stars = text.split('*').length - 1;
  if (stars === 0) return brokenSni(text);
  if (stars > 1) return 'only one wildcard must be specified';
  if (!text.startsWith('*') && !text.endsWith('*')) return 'wildcard must be leftmost or rightmost character';
  const filled = text.replace('*', 'wildcard');
  if (!isHostname(filled)) return /:\d+$/.test(text) ? 'must not have a port' : `invalid value: ${text}`;
  return undefined;
}

export function brokenSni(text: string): Verdict {
  const parsed = parseHostPort(text);
  if (parsed === undefined) return `invalid value: ${text}`;
  if (parsed.kind !== 'name') return 'must not be an IP';
  return parsed.port === undefined ? undefined : 'must not have a port';
}

export function brokenHeaderName(text: string): Verdict {
  return /^[A-Za-z0-9_-]+$/.test(text)
    ? undefined
    : `bad header name '${text}', allowed characters are A-Z, a-z, 0-9, '_', and '-'`;
}

/** A header name where Kong has no rule: it must be a token, or it could never be sent. */
export function brokenHeaderToken(text: string): Verdict {
  return isToken(text) ? undefined : `bad header name '${text}'`;
}

/** RFC 2616 token. */
export function brokenCookieName(text: string): Verdict {
  return isToken(text)
    ? undefined
    : `bad cookie name '${text}', it must be a valid token as defined by RFC 2616`;
}

export function brokenIpOrCidr(text: string): Verdict {
  return parseCidr(text) === undefined ? `invalid ip or cidr range: '${text}'` : undefined;
}

export function brokenUrl(text: string): Verdict {
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.exec(text);
  if (scheme === null) return 'missing scheme in url';
  const authority = text.slice(scheme[0].length).split(/[/?#]/, 1)[0] ?? '';
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  if (host === '' || host.startsWith(':')) return 'missing host in url';
  return parseHostPort(host) === undefined ? `invalid value: ${text}` : undefined;
}

type Extra<T> = Omit<T, 'custom'>;

export function nameField<const O extends Extra<StringOptions>>(options: O) {
  return string({ ...options, custom: brokenName } as O & { custom: typeof brokenName });
}
export function hostField<const O extends Extra<StringOptions>>(options: O) {
  return string({ ...options, custom: brokenHost } as O & { custom: typeof brokenHost });
}
export function pathField<const O extends Extra<StringOptions>>(options: O) {
  return string({ ...options, custom: brokenPath } as O & { custom: typeof brokenPath });
}
export function headerNameField<const O extends Extra<StringOptions>>(options: O) {
  return string({ ...options, custom: brokenHeaderName } as O & { custom: typeof brokenHeaderName });
}
export function sniField<const O extends Extra<StringOptions>>(options: O) {
  return string({ ...options, custom: brokenSni } as O & { custom: typeof brokenSni });
}
export function portField<const O extends Extra<NumberOptions>>(options: O) {
  return integer({ ...options, between: [0, 65535] as const });
}
export function uuidField<const O extends StringOptions>(options: O) {
  return string({ ...options, uuid: true as const, transform: (value: string) => value.toLowerCase() });
}
/** Header name to values. */
export function headersField(description: string) {
  return map(string({ custom: brokenHeaderName }), array(string()), { description });
}
export const tagsField = set(string({ custom: brokenTag }), {
  description: 'Words by which entities are grouped and filtered.',
});
