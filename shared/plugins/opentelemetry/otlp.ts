/** Spans as an ExportTraceServiceRequest (opentelemetry-proto, trace/v1). */
import { bytesField, messageField, numberField, textField, timeField } from './protobuf.ts';

export type AttributeValue = string | number | boolean;
export type Attributes = readonly (readonly [string, AttributeValue])[];

export const SpanKind = { internal: 1, server: 2, client: 3 } as const;

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly kind: number;
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Attributes;
  readonly failed: boolean;
}

const STATUS_ERROR = 2;

function attribute(field: number, [name, value]: readonly [string, AttributeValue]): Buffer {
  const any =
    typeof value === 'string'
      ? textField(1, value)
      : typeof value === 'boolean'
        ? numberField(2, value ? 1 : 0)
        : numberField(3, Math.max(0, Math.round(value)));
  return messageField(field, [textField(1, name), messageField(2, [any])]);
}

function spanField(span: Span): Buffer {
  const parts = [
    bytesField(1, Buffer.from(span.traceId, 'hex')),
    bytesField(2, Buffer.from(span.spanId, 'hex')),
    textField(5, span.name),
    numberField(6, span.kind),
    timeField(7, span.start),
    timeField(8, span.end),
    ...span.attributes.map((one) => attribute(9, one)),
  ];
  if (span.parentId !== undefined) parts.push(bytesField(4, Buffer.from(span.parentId, 'hex')));
  if (span.failed) parts.push(messageField(15, [numberField(3, STATUS_ERROR)]));
  return messageField(2, parts);
}

/** `resource`: made once by `resourceField`. */
export function exportRequest(resource: Buffer, scope: Buffer, spans: Iterable<Span>): Buffer {
  return messageField(1, [resource, messageField(2, [scope, ...[...spans].map(spanField)])]);
}

export function resourceField(attributes: Attributes): Buffer {
  return messageField(
    1,
    attributes.map((one) => attribute(1, one)),
  );
}

export function scopeField(name: string, version: string): Buffer {
  return messageField(1, [textField(1, name), textField(2, version)]);
}
