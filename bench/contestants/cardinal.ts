/**
 * Cardinal's two compositions, started as a user starts them but for npm in between. All that depends on
 * its command line is in this file.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cardinalConfig, SERVICE } from './cardinal-config.ts';
import type { Contestant, Launch, Setup } from './contestant.ts';
import { ROOT } from './programs.ts';

const ENTRY = join(ROOT, 'bin/cardinal.js');

function launch(setup: Setup, args: readonly string[]): Launch {
  const { workload, directory, originPort, statusPort } = setup;
  const accessLog = join(directory, 'access.log.jsonl');
  const config = cardinalConfig({ workload, originPort, accessLog });
  return {
    command: process.execPath,
    args: [ENTRY, ...args, '--config', join(directory, 'kong.json'), '--status-listen', local(statusPort)],
    env: { NODE_ENV: 'production' },
    files: new Map([['kong.json', JSON.stringify(config)]]),
    ready: { port: statusPort, path: '/readyz' },
    accessLog,
    reloads: 'kong.json',
  };
}

function local(port: number): string {
  return `127.0.0.1:${port}`;
}

const common = {
  cardinal: true,
  missing: () => (existsSync(ENTRY) ? null : 'bin/cardinal.js is not in this checkout'),
  version: () =>
    (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version,
} as const;

export const cardinalGateway: Contestant = {
  ...common,
  id: 'cardinal-gateway',
  workloads: ['plain', 'policies', 'routes'],
  launch: (setup) =>
    launch(setup, [
      'gateway',
      '--cluster-listen',
      'off',
      '--proxy-listen',
      local(setup.port),
      '--admin-listen',
      'off',
      '--workers',
      String(setup.workload.workers),
    ]),
};

/** The gateway with its Admin API on `Setup.extraPort`, for what is asked of it while it serves. */
export function gatewayWithAdmin(name: string, ...args: readonly string[]): Contestant {
  return {
    ...common,
    id: name,
    workloads: ['plain'],
    launch: (setup) =>
      launch(setup, [
        'gateway',
        // Its address is fixed by default, and several run at a time.
        '--cluster-listen',
        'off',
        '--proxy-listen',
        local(setup.port),
        '--admin-listen',
        local(setup.extraPort),
        '--workers',
        String(setup.workload.workers),
        ...args,
      ]),
  };
}

export const cardinalMicrogateway: Contestant = {
  ...common,
  id: 'cardinal-microgateway',
  workloads: ['plain', 'policies'],
  launch: (setup) =>
    launch(setup, [
      'microgateway',
      '--service',
      SERVICE,
      '--to',
      `http://127.0.0.1:${setup.originPort}`,
      '--inbound-listen',
      local(setup.port),
      '--outbound-listen',
      local(setup.extraPort),
    ]),
};
