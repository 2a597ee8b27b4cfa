#!/usr/bin/env node
// The `cardinal` command. Plain JavaScript that an old Node can read: it hands over to the runtime that is
// pinned in this installation when the one it was started with is too old to run TypeScript.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const NEEDED = [24, 12];
const HANDED_OVER = 'CARDINAL_NODE';

function newEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

function pinnedNode() {
  const { platform, arch } = process;
  const candidates = [
    `../node_modules/node-${platform}-${arch}/bin/node`,
    `../../node-${platform}-${arch}/bin/node`,
    '../node_modules/.bin/node',
  ];
  return candidates
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path));
}

function handOver(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [HANDED_OVER]: node },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGQUIT']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => {
    process.stderr.write(`error: cannot start ${node}: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

if (newEnough(process.versions.node)) {
  const { enableCompileCache } = await import('node:module');
  // Compiled code is kept in the installation (never in a shared temporary folder): it halves the start. Where
  // the installation cannot be written to, nothing is kept.
  enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/cardinal', import.meta.url)));
  const { main } = await import('./commands.ts');
  process.exitCode = await main(process.argv.slice(2));
} else {
  const node = process.env[HANDED_OVER] === undefined ? pinnedNode() : undefined;
  if (node !== undefined) handOver(node);
  else {
    process.stderr.write(
      `error: cardinal needs Node ${NEEDED.join('.')} or newer; this is ${process.versions.node}\n` +
        '  = help: npm install (in the folder of cardinal) brings the right one along on Linux x64\n' +
        '  = help: elsewhere install Node 24 LTS from your system or a version manager\n',
    );
    process.exitCode = 1;
  }
}
