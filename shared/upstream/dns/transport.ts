/**
 * How DNS servers are asked. The resolver sees only `DnsTransport`; the real one is Node's c-ares
 * binding, which knows the wire format, retries and TCP fallback, but not /etc/hosts or search lists.
 */
import type { promises } from 'node:dns';

type Resolver = promises.Resolver;

export type QueryType = 'A' | 'AAAA' | 'SRV' | 'CNAME';

export type DnsRecord =
  | { readonly type: 'A' | 'AAAA'; readonly ip: string; readonly ttlSeconds: number }
  | {
      readonly type: 'SRV';
      readonly name: string;
      readonly port: number;
      readonly priority: number;
      readonly weight: number;
    }
  | { readonly type: 'CNAME'; readonly name: string };

export interface DnsTransport {
  /**
   * The records of that very name. Rejects with an error whose `code` is `ENOTFOUND` (the name does not
   * exist), `ENODATA` (it has no such records), or another one when the servers could not say.
   */
  query(name: string, type: QueryType): Promise<DnsRecord[]>;
  /** Ends all queries under way. */
  close(): void;
}

export interface DnsServerOptions {
  /** `ip`, `ip:port` or `[ipv6]:port`; without them those of /etc/resolv.conf. */
  readonly servers?: readonly string[];
  /** Of one try at one server. Default 2000. */
  readonly timeoutMs?: number;
  /** Tries at each server. Default 2. */
  readonly attempts?: number;
}

/** Throws a TypeError when a server is not an address. */
export function createDnsTransport(options: DnsServerOptions = {}): DnsTransport {
  const make = (): Resolver => {
    const made = new (process.getBuiltinModule('node:dns').promises.Resolver)({
      timeout: options.timeoutMs ?? 2000,
      tries: options.attempts ?? 2,
    });
    if (options.servers !== undefined && options.servers.length > 0) made.setServers(options.servers);
    return made;
  };
  // Servers from the settings are checked at once; otherwise c-ares is not started before a name is asked for.
  let started = options.servers === undefined || options.servers.length === 0 ? undefined : make();
  return {
    async query(name, type) {
      const resolver = (started ??= make());
      switch (type) {
        case 'A': {
          const records = await resolver.resolve4(name, { ttl: true });
          return records.map(({ address, ttl }) => ({ type: 'A', ip: address, ttlSeconds: ttl }));
        }
        case 'AAAA': {
          const records = await resolver.resolve6(name, { ttl: true });
          return records.map(({ address, ttl }) => ({ type: 'AAAA', ip: address, ttlSeconds: ttl }));
        }
        case 'SRV':
          return (await resolver.resolveSrv(name)).map((record) => ({ type: 'SRV', ...record }));
        case 'CNAME':
          return (await resolver.resolveCname(name)).map((target) => ({ type: 'CNAME', name: target }));
      }
    },
    close: () => started?.cancel(),
  };
}
