/**
 * A setting whose value is in a file: `CARDINAL_TOKEN_FILE=/run/secrets/token`. Container engines hand secrets over as
 * files; what stands in the environment is shown by `inspect` and inherited by children. The value never gets into a
 * message.
 */
import { systemErrorText } from '../../cli/cli-error.ts';

const { closeSync, openSync, readSync } = process.getBuiltinModule('node:fs');

export const FILE_SUFFIX = '_FILE';
const MAX_BYTES = 64 * 1024;

/** The text without the white space around it. Throws an Error that goes behind the variable's name. */
export function settingFromFile(path: string): string {
  let value: string;
  try {
    value = readBounded(path).trim();
  } catch (error) {
    throw new Error(`${path} cannot be read: ${systemErrorText(error)}`);
  }
  if (value === '') throw new Error(`${path} is empty`);
  return value;
}

/** A pipe or a device is read as far as it goes, no further than the bound. */
function readBounded(path: string): string {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    let length = 0;
    for (;;) {
      const count = readSync(file, buffer, length, buffer.length - length, null);
      if (count === 0) return buffer.toString('utf8', 0, length);
      length += count;
      if (length > MAX_BYTES) throw new Error(`it holds more than ${MAX_BYTES} bytes`);
    }
  } finally {
    closeSync(file);
  }
}
