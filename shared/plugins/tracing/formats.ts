/**
 * The headers in which traces are told: W3C Trace Context, B3 (several headers or one), Jaeger, OpenTracing, Datadog,
 * AWS X-Ray, Google Cloud and Instana. A header that is not valid is as if it were not there.
 */
import type { Headers } from '../../http/headers.ts';
import { type OutgoingContext, spanIdOf, type TraceContext, traceIdOf } from './trace-context.ts';

export const EXTRACTABLE = ['w3c', 'datadog', 'b3', 'gcp', 'jaeger', 'aws', 'ot', 'instana'] as const;
export const INJECTABLE = [...EXTRACTABLE, 'b3-single'] as const;
export type FormatName = (typeof INJECTABLE)[number];

export interface Format {
  extract(headers: Headers): TraceContext | undefined;
  inject(headers: Headers, context: OutgoingContext): void;
}

/** The only line of that name; several could mean anything. */
function single(headers: Headers, name: string): string | undefined {
  const value = headers.get(name);
  return value === undefined || headers.getAll(name).length > 1 ? undefined : value.trim();
}

function flag(text: string | undefined): boolean | undefined {
  switch (text?.toLowerCase()) {
    case '1':
    case 'true':
    case 'd':
      return true;
    case '0':
    case 'false':
      return false;
    default:
      return undefined;
  }
}

function context(
  trace: string | undefined,
  span: string | undefined,
  sampled: boolean | undefined,
): TraceContext | undefined {
  const traceId = traceIdOf(trace);
  if (traceId === undefined) return undefined;
  return { traceId, spanId: spanIdOf(span), sampled, short: trace!.length === 16 };
}

const traceText = ({ traceId, short }: OutgoingContext): string => (short ? traceId.slice(16) : traceId);
const bit = ({ sampled }: OutgoingContext): string => (sampled ? '1' : '0');

/** https://www.w3.org/TR/trace-context/#traceparent-header. `tracestate` is nobody's to touch. */
const w3c: Format = {
  extract(headers) {
    const value = single(headers, 'traceparent');
    const parts =
      value === undefined
        ? null
        : /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(value);
    if (parts === null) return undefined;
    const [, version, trace, span, flags, more] = parts;
    // Later versions may have more behind it; version 00 has not, and ff is none.
    if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
    if (spanIdOf(span) === undefined) return undefined;
    return context(trace, span, (Number.parseInt(flags!, 16) & 1) === 1);
  },
  inject(headers, to) {
    headers.set('traceparent', `00-${to.traceId}-${to.spanId}-0${bit(to)}`);
  },
};

/** https://github.com/openzipkin/b3-propagation: also what is only a decision. */
const b3Single = (headers: Headers): TraceContext | 'decision' | undefined => {
  const value = single(headers, 'b3');
  if (value === undefined) return undefined;
  if (/^[01d]$/i.test(value)) return 'decision';
  const parts = /^([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-([01d])(?:-([0-9a-f]{16}))?)?$/i.exec(value);
  return parts === null ? undefined : context(parts[1], parts[2], flag(parts[3]));
};

const b3: Format = {
  extract(headers) {
    const one = b3Single(headers);
    if (one !== undefined && one !== 'decision') return one;
    const trace = single(headers, 'x-b3-traceid');
    const span = single(headers, 'x-b3-spanid');
    const sampled =
      single(headers, 'x-b3-flags') === '1'
        ? true
        : flag(single(headers, 'x-b3-sampled') ?? single(headers, 'b3'));
    if (
      trace === undefined ||
      !/^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i.test(trace) ||
      spanIdOf(span) === undefined
    )
      return undefined;
    return context(trace, span, sampled);
  },
  inject(headers, to) {
    headers.set('x-b3-traceid', traceText(to));
    headers.set('x-b3-spanid', to.spanId);
    if (to.parentId === undefined) headers.remove('x-b3-parentspanid');
    else headers.set('x-b3-parentspanid', to.parentId);
    // A debug flag says that it is sampled, and must not be said twice.
    if (headers.get('x-b3-flags') === '1') headers.remove('x-b3-sampled');
    else headers.set('x-b3-sampled', bit(to));
  },
};

const b3SingleFormat: Format = {
  extract: (headers) => {
    const one = b3Single(headers);
    return one === 'decision' ? undefined : one;
  },
  inject(headers, to) {
    const parent = to.parentId === undefined ? '' : `-${to.parentId}`;
    headers.set('b3', `${traceText(to)}-${to.spanId}-${bit(to)}${parent}`);
  },
};

const jaeger: Format = {
  extract(headers) {
    const value = single(headers, 'uber-trace-id')?.replace(/%3a/gi, ':');
    const parts =
      value === undefined
        ? null
        : /^([0-9a-f]{1,32}):([0-9a-f]{1,16}):([0-9a-f]{1,16}):([0-9a-f]{1,2})$/i.exec(value);
    if (parts === null || spanIdOf(parts[2]) === undefined) return undefined;
    return context(parts[1], parts[2], (Number.parseInt(parts[4]!, 16) & 1) === 1);
  },
  inject(headers, to) {
    headers.set('uber-trace-id', `${traceText(to)}:${to.spanId}:${to.parentId ?? '0'}:0${bit(to)}`);
  },
};

const ot: Format = {
  extract(headers) {
    const sampled = flag(single(headers, 'ot-tracer-sampled'));
    return context(single(headers, 'ot-tracer-traceid'), single(headers, 'ot-tracer-spanid'), sampled);
  },
  inject(headers, to) {
    headers.set('ot-tracer-traceid', traceText(to));
    headers.set('ot-tracer-spanid', to.spanId);
    headers.set('ot-tracer-sampled', bit(to));
  },
};

const MAX_U64 = 2n ** 64n;

/** Datadog and Google write 64 bits in decimal digits. */
function hexOfDecimal(text: string | undefined): string | undefined {
  if (text === undefined || !/^\d{1,20}$/.test(text)) return undefined;
  const number = BigInt(text);
  return number >= MAX_U64 ? undefined : number.toString(16).padStart(16, '0');
}

const decimalOfHex = (hex: string): string => BigInt(`0x${hex.slice(-16)}`).toString();

const datadog: Format = {
  extract(headers) {
    const priority = single(headers, 'x-datadog-sampling-priority');
    const sampled = priority !== undefined && /^-?\d$/.test(priority) ? Number(priority) > 0 : undefined;
    const trace = hexOfDecimal(single(headers, 'x-datadog-trace-id'));
    return context(trace, hexOfDecimal(single(headers, 'x-datadog-parent-id')), sampled);
  },
  inject(headers, to) {
    headers.set('x-datadog-trace-id', decimalOfHex(to.traceId));
    headers.set('x-datadog-parent-id', decimalOfHex(to.spanId));
    headers.set('x-datadog-sampling-priority', bit(to));
  },
};

const aws: Format = {
  extract(headers) {
    const value = single(headers, 'x-amzn-trace-id');
    if (value === undefined || value.length > 500) return undefined;
    let trace: string | undefined;
    let span: string | undefined;
    let sampled: boolean | undefined;
    for (const part of value.split(';')) {
      const [name, text = ''] = part.trim().split('=', 2);
      if (name === 'Root') {
        const root = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/i.exec(text);
        if (root !== null) trace = root[1]! + root[2]!;
      } else if (name === 'Parent' && /^[0-9a-f]{16}$/i.test(text)) span = text;
      else if (name === 'Sampled') sampled = flag(text);
    }
    return context(trace, span, sampled);
  },
  inject(headers, to) {
    const { traceId, spanId } = to;
    headers.set(
      'x-amzn-trace-id',
      `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=${spanId};Sampled=${bit(to)}`,
    );
  },
};

const gcp: Format = {
  extract(headers) {
    const value = single(headers, 'x-cloud-trace-context');
    const parts = value === undefined ? null : /^([0-9a-f]{32})\/(\d{1,20})(?:;o=([01]))?$/i.exec(value);
    return parts === null ? undefined : context(parts[1], hexOfDecimal(parts[2]), flag(parts[3]));
  },
  inject(headers, to) {
    headers.set('x-cloud-trace-context', `${to.traceId}/${decimalOfHex(to.spanId)};o=${bit(to)}`);
  },
};

const instana: Format = {
  extract(headers) {
    const trace = single(headers, 'x-instana-t');
    if (trace === undefined || !/^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i.test(trace)) return undefined;
    return context(trace, single(headers, 'x-instana-s'), flag(single(headers, 'x-instana-l')?.slice(0, 1)));
  },
  inject(headers, to) {
    headers.set('x-instana-t', traceText(to));
    headers.set('x-instana-s', to.spanId);
    headers.set('x-instana-l', bit(to));
  },
};

export const FORMATS: Readonly<Record<FormatName, Format>> = {
  w3c,
  datadog,
  b3,
  'b3-single': b3SingleFormat,
  gcp,
  jaeger,
  aws,
  ot,
  instana,
};

/** B3 in one header is answered in one header. */
export function sameForm(name: FormatName, headers: Headers): FormatName {
  return name === 'b3' && b3SingleFormat.extract(headers) !== undefined ? 'b3-single' : name;
}

/** A B3 decision without a trace. */
export function bareDecision(headers: Headers): boolean | undefined {
  if (single(headers, 'x-b3-flags') === '1') return true;
  const alone = single(headers, 'b3');
  return flag(alone !== undefined && /^[01d]$/i.test(alone) ? alone : single(headers, 'x-b3-sampled'));
}
