/** Requests as lines for people. What comes from clients is shown without control characters. */
import type { Style } from '../../shared/cli/terminal.ts';
import type { RequestRow } from '../../shared/observe/requests/request-record.ts';

/** `12:04:31.220  401  GET    /orders/42   orders   key-auth: no key   0.4ms`. */
export function requestLine(row: RequestRow, wide: boolean, style: Style): string {
  const cells = [
    style.dim(timeOf(row.at)),
    statusText(row.status, style),
    row.method.padEnd(6),
    cell(`${row.host}${row.path}`, wide ? 60 : 40),
    cell(row.route?.name ?? '-', 16),
    ...(wide
      ? [
          cell(row.target ?? '-', 21),
          cell(row.consumer?.name ?? '-', 12),
          `${ms(row.gateway_ms)}+${ms(row.upstream_ms)}`.padStart(16),
        ]
      : []),
    ms(row.total_ms).padStart(9),
    reasonOf(row, style),
    ...(wide ? [style.dim(row.id)] : []),
  ];
  return cells.filter((text) => text !== '').join('  ');
}

/** Who ended it and why; empty when the upstream answered. */
export function reasonOf(row: RequestRow, style: Style): string {
  if (row.outcome === 'ok' && row.ended_by === null) return '';
  const who = row.ended_by ?? (row.source === 'gateway' ? (row.code ?? 'gateway') : 'upstream');
  const text = plain(row.reason === null ? who : `${who}: ${row.reason}`);
  return row.outcome === 'ok' ? style.dim(text) : text;
}

export function statusText(status: number, style: Style): string {
  const text = String(status);
  if (status >= 500) return style.red(text);
  if (status >= 400) return style.yellow(text);
  return style.green(text);
}

export function ms(value: number | null): string {
  if (value === null) return '-';
  return value < 10
    ? `${value.toFixed(2)}ms`
    : value < 10_000
      ? `${Math.round(value)}ms`
      : `${Math.round(value / 1000)}s`;
}

export function timeOf(at: number): string {
  const date = new Date(at * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const millis = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${millis}`;
}

export function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '?');
}

export function cell(text: string, width: number): string {
  const shown = plain(text);
  return shown.length > width ? `${shown.slice(0, width - 1)}…` : shown.padEnd(width);
}
