/**
 * Versions of bundled plugins whose code is not loaded: a data plane tells its control plane what it has, and must not
 * load thirty plugins for that. A test holds what is read here against what the code says.
 */
const { readFile } = process.getBuiltinModule('node:fs/promises');

const EXTENSION = import.meta.filename.slice(import.meta.filename.lastIndexOf('.'));
const VERSION = /^\s*version: '(\d+\.\d+\.\d+)',$/m;

/** Rejects when there is no bundled plugin of that name, or it does not say its version. */
export async function bundledPluginVersion(name: string): Promise<string> {
  const version = VERSION.exec(
    await readFile(`${import.meta.dirname}/${name}/index${EXTENSION}`, 'utf8'),
  )?.[1];
  if (version === undefined) throw new Error(`the plugin ${name} does not say its version`);
  return version;
}
