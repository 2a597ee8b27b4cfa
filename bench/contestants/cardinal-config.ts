/**
 * The configurations Cardinal is measured with, in Kong's declarative format 3.0. Nothing here is special
 * to the benchmark: they are what somebody would write for the same job.
 */

import type { Workload } from './contestant.ts';

/** Name of the one service of the workloads `plain` and `policies`. */
export const SERVICE = 'bench';
export const API_KEY = 'bench-key';

/** Services that the generated routes are spread over. */
const SERVICES = 100;

export interface ConfigInput {
  readonly workload: Workload;
  readonly originPort: number;
  /** Where file-log writes. */
  readonly accessLog: string;
}

/** Host and path of generated route `index`: both differ between any two routes. */
export function generatedRoute(index: number): { readonly host: string; readonly path: string } {
  return {
    host: `tenant-${index}.bench.local`,
    path: `/shop-${index % SERVICES}/resource-${index}`,
  };
}

function policies(accessLog: string): object[] {
  return [
    { name: 'key-auth', config: { key_names: ['apikey'] } },
    { name: 'rate-limiting', config: { minute: 1_000_000_000, policy: 'local' } },
    {
      name: 'correlation-id',
      config: { header_name: 'X-Request-Id', generator: 'uuid#counter', echo_downstream: true },
    },
    { name: 'prometheus', config: { status_code_metrics: true, latency_metrics: true } },
    { name: 'file-log', config: { path: accessLog } },
  ];
}

/** `generation` goes into the host of one more route, by which a reload can be seen from outside. */
export function cardinalConfig(input: ConfigInput, generation = 0): object {
  const { workload, originPort, accessLog } = input;
  const upstream = { protocol: 'http', host: '127.0.0.1', port: originPort };
  if (workload.kind !== 'routes') {
    return {
      _format_version: '3.0',
      services: [{ name: SERVICE, ...upstream, routes: [{ name: 'all', paths: ['/'], strip_path: false }] }],
      ...(workload.kind === 'policies'
        ? {
            plugins: policies(accessLog),
            consumers: [{ username: 'bench', keyauth_credentials: [{ key: API_KEY }] }],
          }
        : {}),
    };
  }
  const services = Array.from({ length: Math.min(SERVICES, workload.routes) }, (_, index) => ({
    name: `shop-${index}`,
    ...upstream,
    routes: [] as object[],
  }));
  for (let index = 0; index < workload.routes; index++) {
    const { host, path } = generatedRoute(index);
    services[index % services.length]!.routes.push({
      name: `route-${index}`,
      hosts: [host],
      paths: [path],
      strip_path: false,
    });
  }
  services[0]!.routes.push({ name: 'generation', hosts: [generationHost(generation)], strip_path: false });
  return { _format_version: '3.0', services };
}

export function generationHost(generation: number): string {
  return `generation-${generation}.bench.local`;
}
