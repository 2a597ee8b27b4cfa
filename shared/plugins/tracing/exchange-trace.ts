/**
 * One request's part of a trace: begun in `access`, finished in `log`. Whether it is sampled is decided first; for a
 * request that is not, there are the headers it goes on with and nothing else.
 */
import type { AccessExchange, FinishedExchange } from '../contract.ts';
import type { FormatName } from './formats.ts';
import type { Propagation } from './propagation.ts';
import { newSpanId, newTraceId } from './trace-context.ts';

export interface ExchangeTrace {
  readonly traceId: string;
  /** Of the caller's span. */
  readonly parentId: string | undefined;
  /** Of our span for the request. */
  readonly spanId: string;
  /** Of our span for the upstream, which is the parent of the upstream's. */
  readonly upstreamSpanId: string;
  readonly sampled: boolean;
}

export interface TracingOptions {
  readonly propagation: Propagation;
  /** Share of the traces that begin here. */
  readonly rate: number;
  /** Digits of new trace ids. */
  readonly traceDigits: 16 | 32;
}

export function beginTrace(exchange: AccessExchange, options: TracingOptions): ExchangeTrace {
  const { headers } = exchange.request;
  const { propagation } = options;
  const found = propagation.extract(headers);
  const decided = found === undefined ? propagation.decision(headers) : found.context.sampled;
  const sampled = decided ?? Math.random() < options.rate;
  const short = found === undefined ? options.traceDigits === 16 : found.context.short;
  const traceId = found?.context.traceId ?? (short ? newSpanId().padStart(32, '0') : newTraceId());
  const spanId = newSpanId();
  const upstreamSpanId = newSpanId();
  propagation.inject(
    headers,
    { traceId, spanId: upstreamSpanId, parentId: spanId, sampled, short },
    found?.format,
  );
  exchange.setLogField('trace_id', traceLog(found?.format ?? propagation.defaultFormat, traceId, short));
  return { traceId, parentId: found?.context.spanId, spanId, upstreamSpanId, sampled };
}

function traceLog(format: FormatName, traceId: string, short: boolean): object {
  return { [format === 'b3-single' ? 'b3' : format]: short ? traceId.slice(16) : traceId };
}

/** Milliseconds since the epoch of what the exchange has been through; undefined where it did not get. */
export interface Moments {
  readonly start: number;
  readonly end: number;
  /** The upstream was chosen: routing and the access phases are over. */
  readonly accessEnd: number;
  readonly upstreamHead: number | undefined;
  readonly attempts: readonly { readonly start: number; readonly end: number }[];
}

export function momentsOf(exchange: FinishedExchange): Moments {
  const { startedAt: start, timings, attempts } = exchange;
  const end = start + Math.max(timings.total, 0);
  const [first] = attempts;
  const upstreamHead =
    timings.upstream < 0 ? undefined : start + Math.max(timings.gateway, 0) + timings.upstream;
  return {
    start,
    end,
    accessEnd: Math.min(first === undefined ? end : first.balancerStart, end),
    upstreamHead,
    attempts: attempts.map((attempt, at) => ({
      start: attempt.balancerStart,
      end: Math.max(attempts[at + 1]?.balancerStart ?? end, attempt.balancerStart),
    })),
  };
}
