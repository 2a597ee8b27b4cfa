/**
 * One active probe of one address: connects, and for HTTP sends a request and reads the status. Reads
 * a bounded head and never a body; ends within the probe's timeout whatever the other side does.
 */
import { connect, isIP, type Socket } from 'node:net';
import type { Clock, Timer } from '../clock.ts';
import type { CompiledProbe } from './probe-request.ts';

export interface ProbeAddress {
  readonly ip: string;
  readonly port: number;
  readonly hostname: string;
}

/** A status, or what went wrong. `garbage` is an answer that is not HTTP. */
export type ProbeResult = number | 'connected' | 'tcp_failure' | 'timeout' | 'garbage';

/** Bytes of status line and interim heads that are read before the answer counts as garbage. */
const HEAD_LIMIT = 16 * 1024;
const STATUS_LINE = /^HTTP\/1\.[01] ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const STATUS_LINE_START = 'HTTP/1.';

/** Calls `done` once, later; returns a function that gives up without calling it. */
export function probe(
  compiled: CompiledProbe,
  address: ProbeAddress,
  clock: Clock,
  done: (result: ProbeResult) => void,
): () => void {
  let timer: Timer | undefined;
  let over = false;
  let socket: Socket | undefined;

  const stop = (): void => {
    over = true;
    timer?.cancel();
    socket?.destroy();
  };
  const finish = (result: ProbeResult): void => {
    if (over) return;
    stop();
    done(result);
  };

  timer = clock.after(compiled.timeoutMs, () => finish('timeout'));
  socket = open(compiled, address);
  socket.on('error', () => finish('tcp_failure'));
  socket.on('close', () => finish('tcp_failure'));
  if (compiled.type === 'tcp') {
    socket.once('connect', () => finish('connected'));
    return stop;
  }

  let head = '';
  socket.once(compiled.type === 'https' ? 'secureConnect' : 'connect', () => {
    const host = compiled.hostHeader ?? bracketed(address.hostname);
    socket.write(compiled.beforeHost + host + compiled.afterHost, 'latin1');
  });
  socket.on('data', (chunk: Buffer) => {
    head += chunk.toString('latin1', 0, Math.min(chunk.length, HEAD_LIMIT + 1));
    const result = readStatus(head);
    if (result === 'interim' || result === 'more') {
      if (head.length > HEAD_LIMIT) finish('garbage');
    } else {
      finish(result);
    }
  });
  socket.on('end', () => finish(head === '' ? 'tcp_failure' : 'garbage'));
  return stop;
}

function open(compiled: CompiledProbe, { ip, port, hostname }: ProbeAddress): Socket {
  if (compiled.type !== 'https') return connect({ host: ip, port });
  const servername = compiled.sni ?? (isIP(hostname) === 0 ? hostname : '');
  return process.getBuiltinModule('node:tls').connect({
    host: ip,
    port,
    servername,
    rejectUnauthorized: compiled.verify,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    ...(compiled.tls.ca === undefined ? {} : { ca: [...compiled.tls.ca] }),
    ...(compiled.tls.cert === undefined ? {} : { cert: compiled.tls.cert }),
    ...(compiled.tls.key === undefined ? {} : { key: compiled.tls.key }),
  });
}

/** The final status at the start of `head`, skipping interim (1xx) heads. */
export function readStatus(head: string): number | 'garbage' | 'more' | 'interim' {
  let from = 0;
  for (;;) {
    const end = head.indexOf('\r\n', from);
    if (end < 0) {
      const start = head.slice(from, from + STATUS_LINE_START.length);
      return STATUS_LINE_START.startsWith(start) ? 'more' : 'garbage';
    }
    const match = STATUS_LINE.exec(head.slice(from, end));
    if (match === null) return 'garbage';
    const status = Number(match[1]);
    if (status >= 200) return status;
    // Nobody asked to switch protocols.
    if (status === 101) return 'garbage';
    const headEnd = head.indexOf('\r\n\r\n', end);
    if (headEnd < 0) return 'interim';
    from = headEnd + 4;
  }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
