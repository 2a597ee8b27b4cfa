/** As much of protobuf's wire format as OTLP needs. Runs when a batch leaves, never for a request. */

const LENGTH_DELIMITED = 2;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  while (left > 0x7f) {
    bytes.push((left % 0x80) | 0x80);
    left = Math.floor(left / 0x80);
  }
  bytes.push(left);
  return Buffer.from(bytes);
}

const key = (field: number, wire: number): Buffer => varint(field * 8 + wire);

export function bytesField(field: number, value: Buffer): Buffer {
  return Buffer.concat([key(field, LENGTH_DELIMITED), varint(value.length), value]);
}

export function textField(field: number, text: string): Buffer {
  return bytesField(field, Buffer.from(text));
}

export function messageField(field: number, parts: readonly Buffer[]): Buffer {
  return bytesField(field, Buffer.concat(parts));
}

/** A whole number that is not negative. */
export function numberField(field: number, value: number): Buffer {
  return Buffer.concat([key(field, 0), varint(value)]);
}

/** Milliseconds since the epoch as nanoseconds. */
export function timeField(field: number, ms: number): Buffer {
  const nanoseconds = Buffer.alloc(8);
  const whole = Math.floor(ms);
  nanoseconds.writeBigUInt64LE(BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6)));
  return Buffer.concat([key(field, 1), nanoseconds]);
}
