/**
 * An engine for tests of what is around the engine: real sockets, no proxying. What it does is decided by
 * the path of the request: `/slow/300` answers after 300 ms, `/crash` throws outside of the request, `/exit`
 * ends the thread, `/oom` fills the heap; anything else answers at once with what is in place.
 * A service named `uncompilable` makes `prepare` fail, one named `hang` never lets it end.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Configuration } from '../../shared/config/entities.ts';
import type {
  BoundListener,
  Engine,
  ListenerRole,
  ListenerSpec,
  PreparedConfiguration,
} from '../../shared/proxy/contract.ts';
import type { EngineOptions } from '../../shared/proxy/engine-options.ts';

interface Prepared extends PreparedConfiguration {
  readonly configuration: Configuration;
}

interface Listener {
  readonly server: Server;
  readonly kind: ListenerRole['kind'];
  readonly sockets: Set<Socket>;
}

export function createEngine(options: EngineOptions): Engine {
  const requests = options.metrics.counter('fake_requests_total', 'Requests answered.').with();
  const listeners: Listener[] = [];
  let current: Prepared | undefined;
  let active = 0;
  let accepted = 0;
  let total = 0;
  const plugins = new Map<string, { close?(): void }>();

  const respond = (request: IncomingMessage, response: ServerResponse): void => {
    active++;
    total++;
    requests.add(1);
    const path = request.url ?? '/';
    const serving = current;
    response.on('close', () => active--);
    const finish = () => {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ generation: serving?.generation, hash: serving?.hash }));
    };
    const slow = /^\/slow\/(\d+)$/.exec(path);
    if (slow !== null) setTimeout(finish, Number(slow[1]));
    else finish();
    if (path === '/crash') setImmediate(() => fail());
    if (path === '/exit') setImmediate(() => process.exit(3));
    if (path === '/oom') setImmediate(() => fill());
  };

  const drained = async (which: readonly Listener[], timeoutMs: number): Promise<{ cut: number }> => {
    const closed = which.map(({ server }) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const { server } of which) server.closeIdleConnections();
    const timer = setTimeout(() => {
      for (const { server } of which) server.closeAllConnections();
    }, timeoutMs);
    const before = active;
    await Promise.all(closed);
    clearTimeout(timer);
    return { cut: before > 0 && timeoutMs === 0 ? before : 0 };
  };

  return {
    async prepare(configuration, generation) {
      if (configuration.services.some((service) => service.name === 'uncompilable')) {
        throw Object.assign(new Error('service uncompilable: it says so itself'), { name: 'CompileError' });
      }
      if (configuration.services.some((service) => service.name === 'hang')) await new Promise(() => {});
      for (const plugin of configuration.plugins) {
        const definition = options.plugins.get(plugin.name);
        if (definition === undefined || plugins.has(plugin.id)) continue;
        const create = definition.create as (config: unknown, kit: unknown) => { close?(): void };
        plugins.set(plugin.id, create(plugin.config, { plugin, log: options.log }));
      }
      return { generation, hash: configuration.hash, configuration, discard: () => {} } satisfies Prepared;
    },
    commit(prepared) {
      current = prepared as Prepared;
    },
    async listen(specs: readonly ListenerSpec[]): Promise<readonly BoundListener[]> {
      const bound: BoundListener[] = [];
      for (const spec of specs) {
        const sockets = new Set<Socket>();
        const server = createServer({ keepAliveTimeout: 5_000 }, respond);
        server.on('connection', () => accepted++);
        await new Promise<void>((resolve, reject) => {
          server.once('error', reject);
          const { host, port, reusePort, backlog } = spec;
          server.listen({ host, port, reusePort, backlog }, resolve);
        });
        listeners.push({ server, kind: spec.role.kind, sockets });
        bound.push({ spec, host: spec.host, port: (server.address() as AddressInfo).port });
      }
      return bound;
    },
    markTarget: () => 0,
    operatePlugin: async () => [],
    drain: (timeoutMs, roles) =>
      drained(
        listeners.filter(
          ({ kind, server }) => server.listening && (roles === undefined || roles.includes(kind)),
        ),
        timeoutMs,
      ),
    async close() {
      for (const { server } of listeners) {
        server.close();
        server.closeAllConnections();
      }
    },
    status: () => ({
      generation: current?.generation ?? 0,
      hash: current?.hash,
      connectionsActive: active,
      connectionsAccepted: accepted,
      requestsTotal: total,
      requestsActive: active,
      upstreams: [],
    }),
  };
}

function fail(): never {
  throw new Error('thrown outside of a request');
}

function fill(): void {
  const held: number[][] = [];
  for (;;) held.push(Array.from({ length: 10_000 }, (_, i) => i + held.length));
}
