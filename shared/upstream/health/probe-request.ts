/**
 * What an upstream's active check sends and how, prepared once for each generation. Refuses what could
 * smuggle a second request or header into the probe.
 */
import type { Upstream } from '../../config/entities.ts';

/** Trust and client certificate for `https` probes, PEM. */
export interface ProbeTls {
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
}

export interface CompiledProbe {
  /** `tcp` also stands for grpc and grpcs, which Kong probes as connections. */
  readonly type: 'tcp' | 'http' | 'https';
  readonly timeoutMs: number;
  /** Everything before the Host value, and everything after it. */
  readonly beforeHost: string;
  readonly afterHost: string;
  /** Upstream's `host_header`; otherwise the target's name is sent. */
  readonly hostHeader: string | undefined;
  readonly sni: string | undefined;
  readonly verify: boolean;
  readonly tls: ProbeTls;
}

/** RFC 9110 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** No controls but tab (RFC 9110 5.5), nothing beyond latin1. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const REQUEST_TARGET = /^\/[\x21-\x7e\x80-\xff]*$/;
/** These are the probe's own. */
const FRAMING = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'upgrade', 'te']);

/** Throws a TypeError that names the field when the check cannot be sent. */
export function compileProbe(upstream: Upstream, tls: ProbeTls = {}): CompiledProbe {
  const active = upstream.healthchecks.active;
  if (!REQUEST_TARGET.test(active.http_path)) {
    throw new TypeError(`upstream '${upstream.name}': healthchecks.active.http_path is not a request target`);
  }
  let userAgent = 'User-Agent: cardinal/healthcheck\r\n';
  let headers = '';
  for (const [name, values] of Object.entries(active.headers ?? {})) {
    if (!TOKEN.test(name) || !values.every((value) => FIELD_VALUE.test(value))) {
      throw new TypeError(
        `upstream '${upstream.name}': healthchecks.active.headers has an invalid field '${name}'`,
      );
    }
    const lower = name.toLowerCase();
    if (FRAMING.has(lower)) continue;
    if (lower === 'user-agent') userAgent = '';
    for (const value of values) headers += `${name}: ${value}\r\n`;
  }
  return {
    type: active.type === 'http' || active.type === 'https' ? active.type : 'tcp',
    timeoutMs: active.timeout * 1000,
    beforeHost: `GET ${active.http_path} HTTP/1.1\r\nHost: `,
    afterHost: `\r\n${userAgent}${headers}Connection: close\r\n\r\n`,
    hostHeader: upstream.host_header ?? undefined,
    sni: active.https_sni ?? undefined,
    verify: active.https_verify_certificate,
    tls,
  };
}
