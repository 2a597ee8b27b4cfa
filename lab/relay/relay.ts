/**
 * The distance between hosts, as a process: `node relay.ts OPTIONS.json`. Each path is a listener in front of another
 * one; what comes in leaves half a round-trip time later, in both directions. It knows nothing of HTTP.
 *
 * On its control port: `/round-trip?ms=1` sets the time, `/usage` says what it has done.
 */
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { DelayLine } from './delay-line.ts';

export interface RelayOptions {
  readonly control: number;
  readonly paths: readonly { readonly listen: number; readonly to: number }[];
  /** Cuts every n-th crossing; 0: none. A relay for tests of the lab's own checks. */
  readonly cutEvery?: number;
}

export interface RelayUsage {
  readonly cpuUs: number;
  /** Pieces that came from callers: one a request, as long as requests fit into one. */
  readonly crossings: number;
}

class Relay {
  readonly line = new DelayLine();
  oneWayMs = 0;
  crossings = 0;
  private readonly cutEvery: number;

  constructor(options: RelayOptions) {
    this.cutEvery = options.cutEvery ?? 0;
  }

  accept(caller: Socket, to: number): void {
    const callee = connect({ host: '127.0.0.1', port: to, noDelay: true });
    caller.setNoDelay(true);
    this.pass(caller, callee, true);
    this.pass(callee, caller, false);
  }

  private pass(from: Socket, to: Socket, counted: boolean): void {
    from.on('data', (chunk: Buffer) => {
      if (counted && this.cutEvery > 0 && (this.crossings + 1) % this.cutEvery === 0) {
        this.crossings++;
        from.destroy();
        return;
      }
      if (counted) this.crossings++;
      this.line.add(this.oneWayMs, () => {
        if (!to.destroyed) to.write(chunk);
      });
    });
    from.on('error', () => {});
    from.on('close', () => this.line.add(this.oneWayMs, () => to.destroy()));
  }
}

async function main(): Promise<void> {
  const options = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as RelayOptions;
  const relay = new Relay(options);
  await Promise.all(
    options.paths.map(
      ({ listen, to }) =>
        new Promise<void>((resolve, reject) => {
          const server = createServer((caller) => relay.accept(caller, to));
          server.once('error', reject);
          server.listen(listen, '127.0.0.1', () => resolve());
        }),
    ),
  );
  createHttpServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://relay');
    const ms = Number(url.searchParams.get('ms'));
    if (url.pathname === '/round-trip' && ms >= 0) relay.oneWayMs = ms / 2;
    const { user, system } = process.cpuUsage();
    response.end(JSON.stringify({ cpuUs: user + system, crossings: relay.crossings } satisfies RelayUsage));
  }).listen(options.control, '127.0.0.1');
  process.on('SIGTERM', () => process.exit(0));
}

if (process.argv[1] === import.meta.filename) {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message}\n`);
    process.exit(1);
  }
}
