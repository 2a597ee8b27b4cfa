/** Caddy's reverse_proxy with one scheduler thread. It adds X-Forwarded-For and -Proto by itself. */

import type { Contestant, Setup } from './contestant.ts';
import { missingProgram, programVersion } from './programs.ts';

function config({ port, originPort }: Setup): string {
  return JSON.stringify({
    admin: { disabled: true, config: { persist: false } },
    logging: { logs: { default: { level: 'WARN' } } },
    apps: {
      http: {
        servers: {
          bench: {
            listen: [`127.0.0.1:${port}`],
            protocols: ['h1'],
            automatic_https: { disable: true },
            routes: [
              {
                handle: [
                  {
                    handler: 'reverse_proxy',
                    upstreams: [{ dial: `127.0.0.1:${originPort}` }],
                    headers: { request: { set: { Via: ['1.1 caddy'] } } },
                    transport: {
                      protocol: 'http',
                      versions: ['1.1'],
                      compression: false,
                      keep_alive: { max_idle_conns_per_host: 128 },
                    },
                  },
                ],
              },
            ],
          },
        },
      },
    },
  });
}

export const caddy: Contestant = {
  id: 'caddy',
  cardinal: false,
  workloads: ['plain'],
  missing: () => missingProgram('caddy'),
  version: () => programVersion('caddy', ['version']),
  launch: (setup) => ({
    command: 'caddy',
    args: ['run', '--config', `${setup.directory}/caddy.json`],
    env: {
      GOMAXPROCS: '1',
      HOME: setup.directory,
      XDG_DATA_HOME: setup.directory,
      XDG_CONFIG_HOME: setup.directory,
    },
    files: new Map([['caddy.json', config(setup)]]),
  }),
};
