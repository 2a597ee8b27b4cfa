/** HAProxy with one thread, reusing upstream connections. */

import type { Contestant, Setup } from './contestant.ts';
import { missingProgram, programVersion } from './programs.ts';

function config({ port, originPort }: Setup): string {
  return `
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 5s
  timeout client 3600s
  timeout server 60s
  timeout http-keep-alive 3600s
frontend bench
  bind 127.0.0.1:${port} backlog 4096
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  http-request set-header Via "1.1 haproxy"
  default_backend origin
backend origin
  server origin 127.0.0.1:${originPort} pool-max-conn 128
`;
}

export const haproxy: Contestant = {
  id: 'haproxy',
  cardinal: false,
  workloads: ['plain'],
  missing: () => missingProgram('haproxy'),
  version: () => programVersion('haproxy', ['-v']),
  launch: (setup) => ({
    command: 'haproxy',
    args: ['-db', '-f', `${setup.directory}/haproxy.cfg`],
    env: {},
    files: new Map([['haproxy.cfg', config(setup)]]),
  }),
};
