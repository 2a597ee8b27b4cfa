/** Two configurations to swap between: other routes, other targets, other plugin settings, one limit in common. */

import * as f from '../../shared/config/schema/field.ts';
import type { AnyPluginDefinition } from '../../shared/plugins/contract.ts';
import { definePlugin } from '../../shared/plugins/contract.ts';

export type GenerationName = 'A' | 'B';
export const LIMIT = 1_000_000;

export interface Ports {
  readonly fast: number;
  readonly other: number;
  readonly slow: number;
}

/** `broken`: valid, but it cannot be compiled. */
export function reloadYaml(name: GenerationName, ports: Ports, log: string, broken = false): string {
  const routes = Array.from(
    { length: 100 },
    (_, i) => `      - { name: r${i}, paths: ["/${name}/${i}", '~/${name}/${i}/(?<id>\\d+)$'] }`,
  );
  const targets = name === 'A' ? [ports.fast, ports.other] : [ports.other, ports.fast];
  return `
_format_version: "3.0"
plugins:
  - name: stamp
    config: { text: ${name}${broken ? ', refuse: true' : ''} }
  - name: file-log
    config: { path: ${log} }
  - name: prometheus
    config: { status_code_metrics: true, latency_metrics: true }
  - name: rate-limiting
    config: { year: ${LIMIT}, limit_by: ip }
consumers:
  - username: ann
    keyauth_credentials: [{ key: ann-key }]
upstreams:
  - name: pool
    algorithm: ${name === 'A' ? 'round-robin' : 'least-connections'}
    targets: [${targets.map((port) => `{ target: "127.0.0.1:${port}" }`).join(', ')}]
    healthchecks:
      passive: { unhealthy: { tcp_failures: 3, http_failures: 3 } }
      active:
        healthy: { interval: 0.05, successes: 1 }
        unhealthy: { interval: 0.05, tcp_failures: 3 }
services:
  - name: pooled
    host: pool
    plugins:
      - name: key-auth
    routes:
      - { name: load, paths: [/load] }
${routes.join('\n')}
  - name: slow
    url: http://127.0.0.1:${ports.slow}
    routes:
      - { name: slow, paths: [/slow] }
`;
}

/** How many instances and kept things there are, by what they belong to. */
export interface Holdings {
  instances: number;
  /** Kept by every generation. */
  shared: number;
  sharedOpened: number;
  /** Kept by the generations of one name. */
  own: number;
}

/** Says which generation a request met, on both sides; holds resources as a plugin may. */
export function stampPlugin(holdings: Holdings): AnyPluginDefinition {
  return definePlugin({
    name: 'stamp',
    version: '1.0.0',
    priority: 500,
    schema: {
      config: f.record({ text: f.string({ required: true }), refuse: f.boolean({ default: false }) }),
    },
    create(config, kit) {
      kit.keep(
        'shared',
        () => {
          holdings.sharedOpened++;
          return ++holdings.shared;
        },
        () => void holdings.shared--,
      );
      kit.keep(
        `own ${config.text}`,
        () => ++holdings.own,
        () => void holdings.own--,
      );
      if (config.refuse) throw new Error('this one is not to be');
      holdings.instances++;
      return {
        access(exchange) {
          exchange.request.headers.set('X-Stamp', config.text ?? '');
        },
        response(exchange) {
          exchange.response.headers.set('X-Stamp', config.text ?? '');
        },
        close() {
          holdings.instances--;
        },
      };
    },
  }) as unknown as AnyPluginDefinition;
}
