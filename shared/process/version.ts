/** Which version this is; the one in the root `package.json`. */
import { readFileSync } from 'node:fs';

export const CARDINAL_VERSION: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
