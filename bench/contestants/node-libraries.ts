/** Proxies made of npm packages, one program each in `programs/`, run by the same Node as Cardinal. */

import { join } from 'node:path';
import type { Contestant } from './contestant.ts';
import { packageVersion } from './programs.ts';

function library(id: string, program: string, packages: readonly string[]): Contestant {
  return {
    id,
    cardinal: false,
    workloads: ['plain'],
    missing: () => {
      const absent = packages.filter((name) => packageVersion(name) === null);
      return absent.length === 0 ? null : `npm package not installed: ${absent.join(', ')} (npm ci)`;
    },
    version: () => packages.map((name) => `${name} ${packageVersion(name)}`).join(', '),
    launch: (setup) => ({
      command: process.execPath,
      args: [
        join(import.meta.dirname, 'programs', program),
        String(setup.port),
        `http://127.0.0.1:${setup.originPort}`,
      ],
      env: { NODE_ENV: 'production' },
      files: new Map(),
    }),
  };
}

export const nodeLibraries: readonly Contestant[] = [
  library('express+hpm', 'express.ts', ['express', 'http-proxy-middleware']),
  library('fast-gateway', 'fast-gateway.ts', ['fast-gateway']),
  library('fastify-proxy', 'fastify.ts', ['fastify', '@fastify/http-proxy']),
];
