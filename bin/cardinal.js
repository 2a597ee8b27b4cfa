#!/usr/bin/env node
// The `cardinal` command. Plain JavaScript that an old Node can read: it hands over to the runtime that is
// pinned in this installation when the one it was started with is too old to run TypeScript. Modules that only
// that needs are loaded only then: what this file imports, every microgateway carries.
import { fileURLToPath } from 'node:url';

const NEEDED = [24, 12];
const HANDED_OVER = 'CARDINAL_NODE';

function newEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

async function pinnedNode() {
  const { existsSync } = await import('node:fs');
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

async function handOver(node) {
  const { spawn } = await import('node:child_process');
  const { constants } = await import('node:os');
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
  if (process.argv[2] === 'microgateway') {
    // Before anything else is loaded: what has been optimised or has grown does not shrink again. See
    // microgateway/footprint.ts, which takes the brake off the optimising compilers when the process serves.
    const { setFlagsFromString } = process.getBuiltinModule('node:v8');
    for (const flag of ['--semi-space-growth-factor=1', '--no-maglev', '--no-opt', '--no-sparkplug'])
      setFlagsFromString(flag);
  }
  const { enableCompileCache } = await import('node:module');
  // Compiled code is kept in the installation (never in a shared temporary folder): it halves the start. Where
  // the installation cannot be written to, nothing is kept.
  const cache = fileURLToPath(new URL('../node_modules/.cache/cardinal', import.meta.url));
  enableCompileCache(cache);
  // Worker threads have their own loaders, and look here.
  process.env.NODE_COMPILE_CACHE ??= cache;
  const { main } = await import('./commands.ts');
  process.exitCode = await main(process.argv.slice(2));
} else {
  const node = process.env[HANDED_OVER] === undefined ? await pinnedNode() : undefined;
  if (node !== undefined) await handOver(node);
  else {
    process.stderr.write(
      `error: cardinal needs Node ${NEEDED.join('.')} or newer; this is ${process.versions.node}\n` +
        '  = help: npm install (in the folder of cardinal) brings the right one along on Linux x64\n' +
        '  = help: elsewhere install Node 24 LTS from your system or a version manager\n',
    );
    process.exitCode = 1;
  }
}
