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
}

/** Throws a TypeError when a server is not an address. */
export function createResolver(settings: DnsSettings, clock: Clock): Resolver {
  const conf = readResolvConf();
  const transport = createDnsTransport({
    ...(settings.servers === undefined ? {} : { servers: settings.servers }),
    ...(conf.timeoutMs === undefined ? {} : { timeoutMs: conf.timeoutMs }),
    ...(conf.attempts === undefined ? {} : { attempts: conf.attempts }),
  });
  return new Resolver({
    clock,
    transport,
    conf,
    hosts: new HostsFile(settings.hostsFile),
    order: settings.order,
    ...(settings.maxNames === undefined ? {} : { maxNames: settings.maxNames }),
  });
}
