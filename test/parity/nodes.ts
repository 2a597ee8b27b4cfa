/** Engines for the parity tests: one at the edge, or one beside each service, and one on a caller's way out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { startGateway, type TestGateway } from '../../shared/proxy/test/harness/gateway.ts';
import { createCounterTable } from '../../shared/state/counter-table.ts';
import { bundledPlugins, configurationOf } from '../harness/configuration.ts';
import type { EchoServer } from '../harness/echo-server.ts';
import { parityYaml, SERVICES, type ServiceName } from './configuration.ts';

const NOW = Date.UTC(2026, 0, 1, 10, 30);
const now = () => NOW;
/** Peers on this machine tell who the client is. */
const settings = {
  trustedIps: ['127.0.0.1'],
  realIpHeader: 'X-Forwarded-For',
  realIpRecursive: true,
} as const;
const plugins = await bundledPlugins();

export function folderFor(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'parity-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export async function startEdge(t: TestContext, upstream: EchoServer, log: string): Promise<TestGateway> {
  const configuration = await configurationOf(parityYaml(upstream.port, log), plugins);
  const counters = createCounterTable({ slots: 1024, now });
  return startGateway(t, { configuration, plugins, counters, now, settings });
}

/** One engine for each service. They count together, as nodes do whose limits are to be those of one. */
export async function startSidecars(
  t: TestContext,
  upstream: EchoServer,
  log: string,
): Promise<ReadonlyMap<ServiceName, TestGateway>> {
  const configuration = await configurationOf(parityYaml(upstream.port, log), plugins);
  const counters = createCounterTable({ slots: 1024, now });
  const to = { protocol: 'http', host: '127.0.0.1', port: upstream.port } as const;
  const sidecars = new Map<ServiceName, TestGateway>();
  for (const service of SERVICES) {
    const role = { kind: 'inbound', service, to } as const;
    const options = { configuration, plugins, counters, now, settings, role };
    sidecars.set(service, await startGateway(t, options));
  }
  return sidecars;
}

/** What an application asks all services through; they are found at their microgateways. */
export async function startOutbound(
  t: TestContext,
  sidecars: ReadonlyMap<ServiceName, TestGateway>,
): Promise<TestGateway> {
  const services = [...sidecars].map(
    ([name, { port }]) => `  - { name: ${name}, url: "http://127.0.0.1:${port}" }`,
  );
  const yaml = `_format_version: "3.0"\nservices:\n${services.join('\n')}\n`;
  return startGateway(t, {
    configuration: await configurationOf(yaml, plugins),
    plugins,
    settings,
    role: { kind: 'outbound', allowUnknown: false },
    nodeId: '99999999-9999-4999-8999-999999999999',
  });
}
