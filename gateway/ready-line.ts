/** What a gateway says once it serves: the banner of a terminal, one log line elsewhere. */
import { addressUrl, announce, countsText } from '../shared/cli/banner.ts';
import type { Io } from '../shared/cli/command.ts';
import type { Configuration } from '../shared/config/entities.ts';
import { type ListenAddress, showAddress } from '../shared/config/settings/listen.ts';
import type { Logger } from '../shared/observe/logger.ts';
import { CARDINAL_VERSION } from '../shared/process/version.ts';

type Address = { readonly host: string; readonly port: number };

export interface ReadyFacts {
  readonly readyMs: number;
  readonly proxy: readonly ListenAddress[];
  readonly admin: readonly Address[];
  readonly status: readonly Address[];
  readonly cluster: readonly Address[];
  readonly workers: number;
  /** Where the configuration comes from: a path, a store's location. */
  readonly source: string;
  readonly watching: boolean;
  readonly configuration: Configuration;
}

export function sayReady(facts: ReadyFacts, io: Io, log: Logger): void {
  const { configuration, proxy, admin, status, cluster } = facts;
  const counts = countsOf(configuration);
  const urls = (addresses: readonly Address[], secure: (address: Address) => boolean = () => false): string =>
    addresses.map((address) => addressUrl(address, secure(address))).join('  ') || 'off';
  announce(
    {
      role: 'gateway',
      version: CARDINAL_VERSION,
      readyMs: facts.readyMs,
      lines: [
        ['Proxy', proxy.map((address) => addressUrl(address, address.ssl)).join('  ') || 'off'],
        ['Admin', urls(admin)],
        ['Cluster', urls(cluster, () => true)],
        ['Status', urls(status)],
        ['Workers', String(facts.workers)],
        [
          'Config',
          `${facts.source}   ${countsText(counts, io.err.unicode ? ' · ' : ', ')}${facts.watching ? '   (watching)' : ''}`,
        ],
      ],
      fields: {
        proxy: proxy.map(showAddress),
        admin: admin.map(showAddress),
        cluster: cluster.map(showAddress),
        status: status.map(showAddress),
        workers: facts.workers,
        config: facts.source,
        entities: countsText(counts, ', '),
        hash: configuration.hash,
      },
    },
    io,
    log,
  );
}

function countsOf(configuration: Configuration): (readonly [number, string])[] {
  return [
    [configuration.services.length, 'services'],
    [configuration.routes.length, 'routes'],
    [configuration.plugins.length, 'plugins'],
    [configuration.consumers.length, 'consumers'],
    [configuration.upstreams.length, 'upstreams'],
  ];
}
