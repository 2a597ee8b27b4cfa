/** What the relay's distance really is: echoes through it and past it, one after the other. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { median } from '../measure/statistics.ts';

export interface Calibration {
  /** Round-trip time that was asked for. */
  readonly wantedMs: number;
  /** Median of what was measured through the relay, less the median without it. */
  readonly effectiveMs: number;
  /** 95th percentile of how far single round trips were from the effective one. */
  readonly errorP95Ms: number;
  readonly samples: number;
}

export interface Echo {
  readonly port: number;
  close(): void;
}

export function startEcho(port: number): Promise<Echo> {
  const open = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () =>
      resolve({
        port,
        close() {
          server.close();
          for (const socket of open) socket.destroy();
        },
      }),
    );
  });
}

/** Milliseconds of `count` round trips of a request's size, one after the other. */
export async function roundTrips(port: number, count: number): Promise<number[]> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const message = Buffer.alloc(200, 'x');
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const startMs = performance.now();
    socket.write(message);
    let got = 0;
    await new Promise<void>((resolve, reject) => {
      const onClose = (): void => reject(new Error('the echo was cut'));
      const onData = (chunk: Buffer): void => {
        got += chunk.length;
        if (got < message.length) return;
        socket.off('data', onData);
        socket.off('close', onClose);
        resolve();
      };
      socket.on('data', onData);
      socket.once('close', onClose);
    });
    times.push(performance.now() - startMs);
  }
  socket.destroy();
  return times;
}

export function calibration(
  wantedMs: number,
  direct: readonly number[],
  relayed: readonly number[],
): Calibration {
  const base = median(direct);
  const effectiveMs = median(relayed) - base;
  const errors = relayed.map((ms) => Math.abs(ms - base - effectiveMs)).sort((a, b) => a - b);
  const errorP95Ms = errors[Math.max(0, Math.ceil(0.95 * errors.length) - 1)] ?? Number.NaN;
  return { wantedMs, effectiveMs, errorP95Ms, samples: relayed.length };
}
