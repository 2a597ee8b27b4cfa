/**
 * The resolver of a running process, put together from its settings and the machine's files.
 */
import type { Clock } from '../clock.ts';
import { HostsFile } from './hosts-file.ts';
import type { DnsOrder } from './lookup.ts';
import { readResolvConf } from './resolv-conf.ts';
import { Resolver } from './resolver.ts';
import { createDnsTransport } from './transport.ts';

export interface DnsSettings {
  /** `dns_resolver`: `ip` or `ip:port`, several allowed. Default those of /etc/resolv.conf. */
  readonly servers?: readonly string[];
  /** `dns_order`. Default: A, and SRV for names that begin with `_service._proto.`. */
  readonly order?: readonly DnsOrder[];
  /** `dns_hostsfile`. Default /etc/hosts. */
  readonly hostsFile?: string;
  readonly maxNames?: number;
  /** `dns_valid_ttl`, `dns_stale_ttl`, `dns_not_found_ttl`, `dns_error_ttl` in ms: see `ResolverOptions`. */
  readonly validTtlMs?: number;
  readonly staleMs?: number;
  readonly notFoundTtlMs?: number;
  readonly errorTtlMs?: number;
}

/** Throws a TypeError when a server is not an address. */
export function createResolver(settings: DnsSettings, clock: Clock): Resolver {
  const { servers, hostsFile, order, ...bounds } = settings;
  const conf = readResolvConf();
  const transport = createDnsTransport({
    ...(servers === undefined ? {} : { servers }),
    ...(conf.timeoutMs === undefined ? {} : { timeoutMs: conf.timeoutMs }),
    ...(conf.attempts === undefined ? {} : { attempts: conf.attempts }),
  });
  return new Resolver({
    clock,
    transport,
    conf,
    hosts: new HostsFile(hostsFile),
    order,
    ...bounds,
  });
}
