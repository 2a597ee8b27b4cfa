/** An engine at the edge or beside a service, with one plugin in its configuration and an application that echoes. */
import type { TestContext } from 'node:test';
import type { ListenerRole } from '../../shared/proxy/contract.ts';
import { startGateway } from '../../shared/proxy/test/harness/gateway.ts';
import { connect } from '../../shared/proxy/test/harness/raw-client.ts';
import { createCounterTable } from '../../shared/state/counter-table.ts';
import { bundledPlugins, configurationOf } from '../harness/configuration.ts';
import { startEcho } from '../harness/echo-server.ts';

const plugins = await bundledPlugins();
/** What the engine takes for the present. */
export const NOW = Date.UTC(2026, 0, 1, 10, 30);

export const KINDS = ['edge', 'inbound'] as const;

/** `config` as YAML in one line. The service is `app`, its route `/app`, its path `/base`. */
export function startPlugin(t: TestContext, kind: 'edge' | 'inbound', name: string, config: string) {
  return startPlugins(t, kind, `  - { name: ${name}, config: ${config} }`);
}

/** `list`: lines of YAML, the global plugins. */
export async function startPlugins(t: TestContext, kind: 'edge' | 'inbound', list: string) {
  const upstream = await startEcho(t);
  const configuration = await configurationOf(
    `
_format_version: "3.0"
plugins:
${list}
consumers:
  - username: ann
    custom_id: c-1
    keyauth_credentials: [{ key: ann-key }]
    basicauth_credentials: [{ username: ann, password: "open: sesame" }]
    acls: [{ group: staff }, { group: admin }]
    hmacauth_credentials: [{ username: ann, secret: anns-secret }]
    jwt_secrets: [{ key: issuer, secret: a-secret-of-thirty-two-characters }]
  - username: bob
    basicauth_credentials: [{ username: bob, password: bobs-own }]
services:
  - name: app
    url: http://127.0.0.1:${upstream.port}/base
    routes: [{ name: app, paths: [/app] }]
`,
    plugins,
  );
  const to = { protocol: 'http', host: '127.0.0.1', port: upstream.port } as const;
  const role: ListenerRole = kind === 'edge' ? { kind } : { kind, service: 'app', to };
  const now = () => NOW;
  const gateway = await startGateway(t, {
    configuration,
    plugins,
    role,
    now,
    counters: createCounterTable({ slots: 256, now }),
    settings: { trustedIps: ['127.0.0.1'], realIpHeader: 'X-Real-IP' },
  });
  const client = await connect(t, gateway.port);
  return {
    upstream,
    gateway,
    configuration,
    client,
    async ask(
      fields: Readonly<Record<string, string>> = {},
      method = 'GET',
      target = '/app/x?y=1',
      body = '',
    ) {
      const lines = Object.entries(fields).map(([field, value]) => `${field}: ${value}\r\n`);
      if (body !== '') lines.push(`Content-Length: ${Buffer.byteLength(body)}\r\n`);
      const octets = Buffer.from(body).toString('latin1');
      client.send(`${method} ${target} HTTP/1.1\r\nHost: a\r\n${lines.join('')}\r\n${octets}`);
      return client.response(method);
    },
  };
}

/** Waits, a few turns at a time, until something is there. */
export async function eventually<T>(what: string, look: () => T | undefined): Promise<T> {
  for (let wait = 0; wait < 250; wait++) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${what} never came`);
}
