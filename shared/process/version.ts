/** Which version this is; the one in the root `package.json`. */

const { readFileSync } = process.getBuiltinModule('node:fs');

export const CARDINAL_VERSION: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
