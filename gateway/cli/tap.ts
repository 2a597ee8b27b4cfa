/** The work of `cardinal tap`. Rows go to standard output, what is said about them to standard error. */
import { CliError } from '../../shared/cli/cli-error.ts';
import type { Call } from '../../shared/cli/command.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';
import type { RequestRow } from '../../shared/observe/requests/request-record.ts';
import { type FilterError, parseFilter } from '../../shared/observe/tap/filter.ts';
import { AdminClient, AdminRefusal } from './admin-client.ts';
import { endWithReader } from './end-with-reader.ts';
import { requestLine } from './request-line.ts';
import { serverSentEvents } from './server-sent-events.ts';

interface Counters {
  readonly seen: number;
  readonly matched: number;
  readonly sampled_out: number;
  readonly dropped: number;
}

export async function tap({ positionals, flags, io }: Call): Promise<number> {
  endWithReader();
  const filter = positionals.join(' ');
  const parsed = parseFilter(filter);
  if (!parsed.ok) throw filterError(filter, parsed.error);
  const most = numberFlag(flags, 'count', 1, 1e9) ?? Number.POSITIVE_INFINITY;
  const query = new URLSearchParams();
  if (filter !== '') query.set('filter', filter);
  const sample = numberFlag(flags, 'sample', 1, 100);
  if (sample !== undefined) query.set('sample', String(sample));
  const maxRps = numberFlag(flags, 'max-rps', 1, 1000);
  if (maxRps !== undefined) query.set('max_rps', String(maxRps));
  const client = new AdminClient(flags, io.env);
  const ended = new AbortController();
  const end = () => ended.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  const startedAt = performance.now();
  const json = flags.has('json');
  let shown = 0;
  let counters: Counters = { seen: 0, matched: 0, sampled_out: 0, dropped: 0 };
  let dropped = 0;
  try {
    const body = await client.stream(`/_cardinal/tap?${query}`, ended.signal);
    if (!json) io.writeError(`${io.err.dim(`watching ${client.address} - Ctrl-C ends it`)}\n`);
    for await (const { event, data } of serverSentEvents(body)) {
      if (event === 'counters') {
        counters = JSON.parse(data) as Counters;
        if (counters.dropped > dropped && !json) {
          io.writeError(`${io.err.yellow(`${counters.dropped - dropped} more matched and were dropped`)}\n`);
          dropped = counters.dropped;
        }
      }
      if (event !== 'request') continue;
      io.write(`${json ? data : requestLine(JSON.parse(data) as RequestRow, flags.has('wide'), io.out)}\n`);
      if (++shown >= most) break;
    }
    if (!ended.signal.aborted && shown < most) throw new CliError(`${client.address} has ended the stream`);
  } catch (error) {
    if (error instanceof AdminRefusal) throw new CliError(error.message);
    if (!ended.signal.aborted) throw error;
  } finally {
    process.off('SIGINT', end);
    process.off('SIGTERM', end);
    ended.abort();
  }
  if (!json) {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const { seen, matched, dropped: lost } = counters;
    io.writeError(
      `${shown} shown, ${Math.max(matched, shown)} matched, ${seen} seen, ${lost} dropped in ${seconds}s\n`,
    );
  }
  return EXIT.ok;
}

/** Shows the place, as a compiler does. */
export function filterError(filter: string, { message, at, length }: FilterError): CliError {
  return new CliError(`filter: ${message}`, {
    exitCode: EXIT.usage,
    help: [filter, `${' '.repeat(at)}${'^'.repeat(length)}`],
  });
}

export function numberFlag(
  flags: ReadonlyMap<string, string>,
  name: string,
  least: number,
  most: number,
): number | undefined {
  const text = flags.get(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new CliError(`--${name} must be a whole number between ${least} and ${most}, not '${text}'`, {
      exitCode: EXIT.usage,
    });
  }
  return value;
}
