/**
 * What has to be done once, when the gateways of docker-compose.yml run: the first configuration, and a join token for each
 * microgateway. It may run as often as one likes, and then changes nothing that is there: not a configuration, not a
 * token that is good for another week. Tokens go into files for their microgateways and nowhere else.
 *
 *   set-up.ts KONG_FILE JOIN_FOLDER      (with CARDINAL_STORE, CARDINAL_ADMIN_URL)
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseJoinToken } from '../../shared/sync/join-token.ts';

const CARDINAL = fileURLToPath(new URL('../../bin/cardinal.js', import.meta.url));
const WEEK_SECONDS = 7 * 86_400;
const ATTEMPTS = 8;
const ASK_AGAIN_MS = 400;

/** Each may join for its own service, and be told how to call these. */
const MICROGATEWAYS: readonly { readonly service: string; readonly calls: string }[] = [
  { service: 'catalog', calls: 'catalog' },
  { service: 'orders', calls: 'payments' },
  { service: 'payments', calls: 'payments' },
];

interface Listed {
  readonly id: string;
  readonly expired: boolean;
  /** Unix seconds; null: never. */
  readonly expires_at: number | null;
}

/** Runs `cardinal`; its standard output. Throws when it fails. */
function cardinal(args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const { status, error, stdout } = spawnSync(process.execPath, [CARDINAL, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw error ?? new Error(`cardinal ${args.slice(0, 2).join(' ')} failed (${status})`);
  return stdout;
}

async function putFirstConfiguration(file: string): Promise<void> {
  const token = JSON.parse(
    cardinal(['token', 'create', '--role', 'write', '--name', 'set-up', '--expires', '10m', '-o', 'json']),
  ) as { readonly id: string; readonly token: string };
  try {
    if (await hasServices(token.token)) {
      process.stdout.write('there is a configuration; it stays as it is\n');
      return;
    }
    process.stdout.write(cardinal(['apply', file, '--yes'], { CARDINAL_ADMIN_TOKEN: token.token }));
  } finally {
    cardinal(['token', 'revoke', token.id]);
  }
}

/** A running gateway knows a token that was made at its store within a second. */
async function hasServices(token: string): Promise<boolean> {
  const ask = () =>
    fetch(`${process.env['CARDINAL_ADMIN_URL']}/services?size=1`, {
      headers: { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(10_000),
    });
  let response = await ask();
  for (let attempt = 1; response.status === 401 && attempt < ATTEMPTS; attempt++) {
    await pause(ASK_AGAIN_MS);
    response = await ask();
  }
  if (!response.ok) throw new Error(`the Admin API answers ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { data: unknown[] }).data.length > 0;
}

function putJoinTokens(folder: string): void {
  const { data } = JSON.parse(cardinal(['token', 'list', '-o', 'json'])) as { data: readonly Listed[] };
  const until = Date.now() / 1000 + WEEK_SECONDS;
  const good = new Set(
    data.filter((one) => !one.expired && (one.expires_at ?? until) >= until).map((one) => one.id),
  );
  for (const { service, calls } of MICROGATEWAYS) {
    const path = join(folder, service, 'token');
    const held = existsSync(path) ? parseJoinToken(readFileSync(path, 'utf8').trim()) : undefined;
    if (held !== undefined && good.has(held.claims.id)) continue;
    const role = ['--role', 'microgateway', '--service', service, '--calls', calls];
    const text = cardinal(['token', 'create', ...role, '--expires', '30d']);
    // Whole or not at all: a microgateway may be starting at this moment.
    writeFileSync(`${path}.new`, text, { mode: 0o400 });
    chmodSync(`${path}.new`, 0o400);
    renameSync(`${path}.new`, path);
  }
}

const [file, folder] = process.argv.slice(2);
if (file === undefined || folder === undefined) throw new Error('usage: set-up.ts KONG_FILE JOIN_FOLDER');
await putFirstConfiguration(file);
putJoinTokens(folder);
