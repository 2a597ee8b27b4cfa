/** The work of `cardinal stats`. */
import { CliError } from '../../shared/cli/cli-error.ts';
import type { Call } from '../../shared/cli/command.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';
import { AdminClient, AdminRefusal } from './admin-client.ts';
import { endWithReader } from './end-with-reader.ts';
import { cell, ms } from './request-line.ts';

interface Quantiles {
  readonly p50: number | null;
  readonly p99: number | null;
}

interface Figures {
  readonly requests: number | null;
  readonly requests_per_second?: number;
  readonly error_rate?: number | null;
  readonly errors?: Readonly<Record<string, number>>;
  readonly latency_ms?: Readonly<Record<'total' | 'gateway', Quantiles>>;
}

interface Row extends Figures {
  readonly id: string | null;
  readonly name: string | null;
  readonly direction?: string;
  readonly ended?: number;
  readonly ended_by_status?: Readonly<Record<string, number>>;
  readonly phase_ms?: Quantiles;
}

interface Document {
  readonly window_seconds: number;
  readonly total: Figures;
  readonly data: readonly Row[];
  readonly other: readonly Row[];
  readonly left_out: number;
}

export async function stats({ flags, io }: Call): Promise<number> {
  endWithReader();
  const by = flags.get('by') ?? 'route';
  const query = new URLSearchParams({ by, limit: flags.get('limit') ?? '20' });
  for (const name of ['window', 'sort']) if (flags.has(name)) query.set(name, flags.get(name) as string);
  const client = new AdminClient(flags, io.env);
  let document: Document;
  try {
    document = (await client.expect('GET', `/_cardinal/stats?${query}`)) as Document;
  } catch (error) {
    if (!(error instanceof AdminRefusal)) throw error;
    throw new CliError(error.message, { exitCode: error.status === 400 ? EXIT.usage : EXIT.failed });
  }
  if (flags.get('output') === 'json') {
    io.write(`${JSON.stringify(document, null, 2)}\n`);
    return EXIT.ok;
  }
  const rows = [...document.data, ...document.other];
  if (rows.length === 0) {
    io.writeError(`no traffic in the last ${document.window_seconds} s\n`);
    return EXIT.ok;
  }
  const header = by === 'plugin' ? PLUGIN_HEADER : `${by.toUpperCase().padEnd(28)}${HEADER}`;
  io.write(`${io.out.bold(header)}\n`);
  for (const row of rows) io.write(`${by === 'plugin' ? pluginLine(row) : line(titleOf(row), row)}\n`);
  if (by !== 'plugin') io.write(`${io.out.dim(line('total', document.total))}\n`);
  if (document.left_out > 0) io.writeError(`${document.left_out} more: --limit N\n`);
  return EXIT.ok;
}

const HEADER = ['requests', 'req/s', 'errors', 'refused', 'p50', 'p99', 'gateway p99']
  .map((name) => name.padStart(name.length > 9 ? 12 : 10))
  .join('');
const PLUGIN_HEADER = `${'PLUGIN'.padEnd(28)}${'ended'.padStart(10)}  ${'by status'.padEnd(28)}${'p50'.padStart(10)}${'p99'.padStart(10)}`;

function titleOf({ name, id, direction }: Row): string {
  const title = name ?? id ?? '(no route)';
  return direction === undefined || direction === 'edge' ? title : `${title} (${direction})`;
}

function line(title: string, figures: Figures): string {
  const { requests, requests_per_second: rate, error_rate: errorRate, errors, latency_ms: latency } = figures;
  const cells = [
    requests === null ? '-' : String(requests),
    rate === undefined ? '-' : String(rate),
    errorRate === null || errorRate === undefined
      ? '-'
      : `${(errorRate * 100).toFixed(errorRate < 0.001 ? 2 : 1)}%`,
    String(errors?.['plugin'] ?? '-'),
    ms(latency?.total.p50 ?? null),
    ms(latency?.total.p99 ?? null),
  ];
  const added = ms(latency?.gateway.p99 ?? null);
  return cell(title, 28) + cells.map((text) => text.padStart(10)).join('') + added.padStart(12);
}

function pluginLine({ name, ended, ended_by_status: statuses, phase_ms: phase }: Row): string {
  const by = Object.entries(statuses ?? {})
    .map(([status, count]) => `${status}: ${count}`)
    .join(', ');
  const times = [phase?.p50 ?? null, phase?.p99 ?? null].map((value) => ms(value).padStart(10)).join('');
  return `${cell(name ?? '-', 28)}${String(ended ?? 0).padStart(10)}  ${cell(by, 28)}${times}`;
}
