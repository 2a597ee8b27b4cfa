/**
 * The measured side of `npm run bench:control-plane`: a control plane in a process of its own, over a store in memory,
 * driven through messages of its parent. It prints nothing.
 */

import { type ControlPlane, startControlPlane } from '../../gateway/control-plane/control-plane.ts';
import { createJoinToken } from '../../gateway/control-plane/join-tokens.ts';
import { MemoryDocuments } from '../../gateway/control-plane/test/memory-documents.ts';
import {
  configured,
  definitions,
  PLUGIN_VERSIONS,
  TestSource,
} from '../../gateway/control-plane/test/running.ts';
import type { Service } from '../../shared/config/entities.ts';
import { createLogger } from '../../shared/observe/logger.ts';
import { MetricsRegistry } from '../../shared/observe/metrics.ts';
import { type Ask, CALLS, type Facts, type Told } from './messages.ts';

const SAMPLE_MS = 50;

function document(services: number, consumers: number): string {
  const lines = ['services:'];
  for (let i = 0; i < services; i++) {
    lines.push(`  - name: service-${i}`, `    host: pool-${i}`, '    routes:');
    lines.push(`      - { name: route-${i}, paths: [/service-${i}], hosts: [service-${i}.test] }`);
    lines.push(`    plugins: [ { name: rate-limiting, config: { minute: ${100 + i} } } ]`);
  }
  lines.push('upstreams:');
  for (let i = 0; i < services; i++) {
    const address = `10.${i >> 8}.${i & 255}`;
    lines.push(`  - name: pool-${i}`);
    lines.push(`    targets: [ { target: "${address}.1:80" }, { target: "${address}.2:80" } ]`);
  }
  lines.push('consumers:');
  for (let i = 0; i < consumers; i++) {
    lines.push(`  - { username: user-${i}, keyauth_credentials: [ { key: key-of-user-${i} } ] }`);
  }
  // Every node of these needs all consumers.
  for (const i of [0, 1, 2, 3, 4]) {
    lines.push(i === 0 ? 'plugins:' : '');
    lines.push(`  - { name: key-auth, service: service-${i} }`);
  }
  return lines.join('\n');
}

function tell(message: Told): void {
  process.send?.(message);
}

async function main(): Promise<void> {
  const [services, consumers] = process.argv.slice(2).map(Number) as [number, number];
  const source = new TestSource(await configured(document(services, consumers)));
  const store = new MemoryDocuments();
  const metrics = new MetricsRegistry();
  let port = 0;
  let controlPlane: ControlPlane;
  const start = async (): Promise<void> => {
    controlPlane = await startControlPlane({
      listen: [{ host: '127.0.0.1', port, ssl: false, backlog: 512 }],
      store,
      source,
      definitions,
      plugins: new Map(Object.entries(PLUGIN_VERSIONS)),
      node: { id: 'bench', version: '0.1.0' },
      log: createLogger({ level: 'crit' }),
      metrics,
    });
    port = controlPlane.addresses[0]?.port as number;
  };
  await start();

  const accepted = (): number => {
    const family = metrics.snapshot().families.find(({ name }) => name.endsWith('_connections_total'));
    const at = family?.series.findIndex(([result]) => result === 'accepted') ?? -1;
    return at < 0 ? 0 : (family?.values[at] ?? 0);
  };
  let peakRss = 0;
  let peakPerSecond = 0;
  const samples: { readonly at: number; readonly accepted: number }[] = [];
  setInterval(() => {
    peakRss = Math.max(peakRss, process.memoryUsage.rss());
    samples.push({ at: performance.now(), accepted: accepted() });
    const last = samples.at(-1)!;
    // Under load a sample may be late: a window is never longer than a second.
    while (last.at - samples[0]!.at > 1000) samples.shift();
    peakPerSecond = Math.max(peakPerSecond, last.accepted - samples[0]!.accepted);
  }, SAMPLE_MS);

  const change = (touch: (service: Service, i: number) => Service): number => {
    const { services: before, ...rest } = source.served.configuration;
    return source.serve({ ...rest, services: before.map(touch) });
  };
  const facts = (): Facts => {
    const { user, system } = process.cpuUsage();
    const value = {
      rssBytes: process.memoryUsage.rss(),
      peakRssBytes: peakRss,
      cpuSeconds: (user + system) / 1e6,
      connected: controlPlane.connected,
      peakConnectionsPerSecond: peakPerSecond,
    };
    peakPerSecond = 0;
    samples.length = 0;
    return value;
  };
  process.on('message', async (ask: Ask) => {
    switch (ask) {
      case 'change-one':
        tell({
          generation: change((one, i) => (i === 0 ? { ...one, retries: (one.retries + 1) % 10 } : one)),
        });
        break;
      case 'change-all':
        tell({ generation: change((one) => ({ ...one, retries: (one.retries + 1) % 10 })) });
        break;
      case 'restart':
        await controlPlane.close();
        await start();
        tell({ restarted: true });
        break;
      case 'facts':
        tell({ facts: facts() });
        break;
    }
  });
  process.on('disconnect', () => process.exit(0));
  const token = await createJoinToken(store, { role: 'microgateway' });
  tell({ port, token, calls: CALLS });
}

await main();
