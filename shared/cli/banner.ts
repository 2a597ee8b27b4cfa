/**
 * What a serving process says when it is ready: a few aligned lines on a terminal, one log line otherwise.
 * Both carry the same facts.
 */
import type { Logger } from '../observe/logger.ts';
import type { Io } from './command.ts';

export interface BannerFacts {
  /** `gateway`, `microgateway`. */
  readonly role: string;
  readonly version: string;
  readonly readyMs: number;
  /** Label and text: `Proxy`, `http://127.0.0.1:8000`. */
  readonly lines: readonly (readonly [string, string])[];
  /** For the log line. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export function announce(facts: BannerFacts, io: Io, log: Logger): void {
  if (!io.err.terminal) {
    log.notice(`${facts.role} ready`, {
      version: facts.version,
      node: process.versions.node,
      pid: process.pid,
      readyMs: facts.readyMs,
      ...facts.fields,
    });
    return;
  }
  io.writeError(renderBanner(facts, io));
}

export function renderBanner(facts: BannerFacts, io: Io): string {
  const { err } = io;
  const arrow = err.unicode ? '➜' : '>';
  const dot = err.unicode ? '·' : '|';
  const width = Math.max(...facts.lines.map(([label]) => label.length));
  const head =
    `  ${err.bold('CARDINAL')} ${facts.version}  ${facts.role}  ready in ${facts.readyMs} ms` +
    err.dim(`   node ${process.versions.node} ${dot} pid ${process.pid}`);
  const lines = facts.lines.map(
    ([label, text]) => `  ${err.green(arrow)}  ${err.bold(label.padEnd(width))}  ${text}`,
  );
  return `\n${head}\n\n${lines.join('\n')}\n\n`;
}

/** `http://127.0.0.1:8000`; an address that stands for all of them is shown as one that can be opened. */
export function addressUrl(address: { readonly host: string; readonly port: number }, tls = false): string {
  const host =
    address.host === '0.0.0.0' || address.host === '::'
      ? '127.0.0.1'
      : address.host.includes(':')
        ? `[${address.host}]`
        : address.host;
  return `${tls ? 'https' : 'http'}://${host}:${address.port}`;
}

/** `4 services, 9 routes, 6 plugins`, of the collections people count. */
export function countsText(counts: readonly (readonly [number, string])[], separator: string): string {
  const shown = counts.filter(([count]) => count > 0);
  if (shown.length === 0) return 'empty';
  return shown
    .map(([count, name]) => `${count} ${count === 1 ? name.replace(/s$/, '') : name}`)
    .join(separator);
}
