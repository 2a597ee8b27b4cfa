/** Which trace a request belongs to, in one form whatever header said it. Ids are lower-case hexadecimal. */
const { randomFillSync } = process.getBuiltinModule('node:crypto');

export interface TraceContext {
  /** 32 digits. */
  readonly traceId: string;
  /** 16 digits; of the span that asks. Undefined when only the trace is known. */
  readonly spanId: string | undefined;
  /** What the caller has decided; undefined leaves it to us. */
  readonly sampled: boolean | undefined;
  /** The trace id came with 16 digits and goes on with 16 where the format lets it. */
  readonly short: boolean;
}

/** What goes upstream. */
export interface OutgoingContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly sampled: boolean;
  readonly short: boolean;
}

const ID_BYTES = 8;
const pool = Buffer.alloc(ID_BYTES * 512);
let used = pool.length;

/** 16 random digits, never all zero. */
export function newSpanId(): string {
  if (used >= pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_BYTES;
  const id = pool.toString('hex', used - ID_BYTES, used);
  return id === NO_SPAN ? newSpanId() : id;
}

export function newTraceId(): string {
  return newSpanId() + newSpanId();
}

export const NO_SPAN = '0000000000000000';
export const NO_TRACE = NO_SPAN + NO_SPAN;

/** The id with 32 digits; undefined when it is no id. */
export function traceIdOf(digits: string | undefined): string | undefined {
  if (digits === undefined || digits.length > 32 || !/^[0-9a-f]+$/i.test(digits)) return undefined;
  const id = digits.toLowerCase().padStart(32, '0');
  return id === NO_TRACE ? undefined : id;
}

export function spanIdOf(digits: string | undefined): string | undefined {
  if (digits === undefined || digits.length > 16 || !/^[0-9a-f]+$/i.test(digits)) return undefined;
  const id = digits.toLowerCase().padStart(16, '0');
  return id === NO_SPAN ? undefined : id;
}
