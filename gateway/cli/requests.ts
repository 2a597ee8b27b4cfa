/** The work of `cardinal requests`. */
import { CliError } from '../../shared/cli/cli-error.ts';
import type { Call } from '../../shared/cli/command.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';
import type { Style } from '../../shared/cli/terminal.ts';
import type { RequestRecord } from '../../shared/observe/requests/request-record.ts';
import { parseFilter } from '../../shared/observe/tap/filter.ts';
import { AdminClient, AdminRefusal } from './admin-client.ts';
import { endWithReader } from './end-with-reader.ts';
import { ms, plain, reasonOf, requestLine } from './request-line.ts';
import { filterError } from './tap.ts';

const BAR = 30;

export async function requests({ positionals, flags, io }: Call): Promise<number> {
  endWithReader();
  const filter = flags.get('filter') ?? '';
  const parsed = parseFilter(filter);
  if (!parsed.ok) throw filterError(filter, parsed.error);
  const client = new AdminClient(flags, io.env);
  const json = flags.get('output') === 'json';
  const [id] = positionals;
  try {
    if (id !== undefined) {
      const record = (await client.expect(
        'GET',
        `/_cardinal/requests/${encodeURIComponent(id)}`,
      )) as RequestRecord;
      io.write(json ? `${JSON.stringify(record, null, 2)}\n` : showRecord(record, io.out));
      return EXIT.ok;
    }
    const query = new URLSearchParams({ size: flags.get('limit') ?? '50' });
    if (filter !== '') query.set('filter', filter);
    if (flags.has('because')) query.set('because', flags.get('because') as string);
    const { data } = (await client.expect('GET', `/_cardinal/requests?${query}`)) as {
      readonly data: readonly RequestRecord[];
    };
    if (json) io.write(`${JSON.stringify(data, null, 2)}\n`);
    else if (data.length === 0) io.writeError('none was kept that is like that\n');
    else for (const record of data) io.write(`${requestLine(record, true, io.out)}\n`);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof AdminRefusal)) throw error;
    throw new CliError(error.message, { exitCode: error.status === 400 ? EXIT.usage : EXIT.failed });
  }
}

function showRecord(record: RequestRecord, style: Style): string {
  const lines = [requestLine(record, false, style), ''];
  const reason = reasonOf(record, style);
  const put = (name: string, value: string | null) => {
    if (value !== null && value !== '') lines.push(`${name.padEnd(16)}${plain(value)}`);
  };
  put('ended by', reason === '' ? 'the upstream' : reason);
  put('retry after', record.retry_after);
  put('kept because', record.kept_because.join(', '));
  put('route', record.route?.name ?? 'none');
  put('service', record.service?.name ?? null);
  put('consumer', record.consumer?.name ?? null);
  put('client', record.ip);
  put('target', record.target);
  put('sent upstream', record.upstream?.target ?? null);
  for (const { address, failure } of record.attempts)
    if (failure !== null) put('failed attempt', `${address}: ${failure}`);
  put('gateway', ms(record.gateway_ms));
  put('upstream', ms(record.upstream_ms));
  lines.push('');
  if (record.steps === null)
    lines.push('the steps of this request were not measured (setting request_sampling)');
  else {
    for (const { step, plugin, at, ms: took, verdict } of record.steps) {
      const name = plugin === undefined ? step : `${step} ${plugin}`;
      lines.push(
        `${plain(name).padEnd(32)}${ms(took).padStart(9)}  ${bar(at, took, record.total_ms)}  ${verdict ?? ''}`.trimEnd(),
      );
    }
  }
  for (const [title, headers] of [
    ['request', record.request_headers],
    ['response', record.response_headers],
  ] as const) {
    lines.push('', style.bold(title));
    for (const [name, value] of headers) lines.push(`  ${plain(name)}: ${plain(value)}`);
  }
  return `${lines.join('\n')}\n`;
}

function bar(at: number, took: number, total: number): string {
  const scale = total <= 0 ? 0 : BAR / total;
  const from = Math.min(BAR - 1, Math.floor(at * scale));
  const width = Math.max(1, Math.min(BAR - from, Math.round(took * scale)));
  return `${' '.repeat(from)}${'='.repeat(width)}`.padEnd(BAR);
}
