/**
 * Starts a gateway, a microgateway or both once, while an image is built, so that the compiled code is in it. What they keep
 * goes into a folder that is removed; nothing listens beyond this machine. Node keeps compiled code apart by its own version,
 * by the user and by the kind of processor: elsewhere the first start compiles anew.
 *
 *   node deploy/image/warm-compile-cache.ts gateway|microgateway ...
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const CARDINAL = fileURLToPath(new URL('../../bin/cardinal.js', import.meta.url));
const LIMIT_MS = 60_000;
const ANY = '127.0.0.1:0';

/** Plugins that most configurations have: their code is loaded with the first configuration that names them. */
const CONFIGURATION = `_format_version: "3.0"
services:
  - name: orders
    url: http://127.0.0.1:9
    routes: [{ name: orders, paths: [/orders] }]
    plugins: [{ name: key-auth }]
plugins:
  - name: correlation-id
  - name: prometheus
  - { name: rate-limiting, config: { minute: 1000, policy: local } }
`;

const listeners = {
  gateway: ['--proxy-listen', ANY, '--admin-listen', ANY, '--cluster-listen', ANY, '--workers', '1'],
  microgateway: [
    ...['--service', 'orders', '--to', 'http://127.0.0.1:9'],
    ...['--inbound-listen', ANY, '--outbound-listen', ANY],
  ],
};

async function main(kinds: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-warm-'));
  try {
    const config = join(folder, 'kong.yml');
    await writeFile(config, CONFIGURATION);
    for (const kind of kinds) {
      if (kind !== 'gateway' && kind !== 'microgateway') throw new Error(`there is no ${kind} to start`);
      const common = ['--data-dir', join(folder, kind), '--status-listen', ANY, '--log-format', 'json'];
      const child = spawn(
        process.execPath,
        [CARDINAL, kind, '--config', config, ...common, ...listeners[kind]],
        { stdio: ['ignore', 'inherit', 'pipe'], env: withoutSettings() },
      );
      await startAndStop(child, kind);
    }
    await run('health', '--url', 'http://127.0.0.1:9');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Resolves when it was ready and has ended in order. */
async function startAndStop(child: ChildProcess, kind: string): Promise<void> {
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  let ready = false;
  let last = '';
  createInterface({ input: child.stderr as NonNullable<ChildProcess['stderr']> }).on('line', (line) => {
    last = line;
    if (!line.includes(' ready')) return;
    ready = true;
    child.kill('SIGTERM');
  });
  const code = await ended;
  clearTimeout(limit);
  if (!ready || code !== 0) throw new Error(`cardinal ${kind} did not start and end in order: ${last}`);
}

/** Whatever it answers: what it loads is what counts. */
async function run(...args: string[]): Promise<void> {
  const child = spawn(process.execPath, [CARDINAL, ...args], { stdio: 'ignore', env: withoutSettings() });
  await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
}

/** The settings of the image are for later. */
function withoutSettings(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:CARDINAL|KONG)_/.test(name)),
  );
}

await main(process.argv.slice(2));
