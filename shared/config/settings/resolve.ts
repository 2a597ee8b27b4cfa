/**
 * Where each setting's value comes from: flag, then `CARDINAL_*`, then `KONG_*`, then the default. Every
 * value knows its source; every mistake names the setting and the source. Reads no file but those that
 * `CARDINAL_*_FILE` names.
 */
import { nearest } from '../schema/similar.ts';
import { FILE_SUFFIX, settingFromFile } from './setting-file.ts';
import { type Product, SETTINGS, type SettingName, type SettingValues } from './table.ts';

export type SettingSource =
  | { readonly kind: 'flag'; readonly name: string; readonly file?: undefined }
  /** `file`: the variable holds the path of a file that holds the value. */
  | { readonly kind: 'environment'; readonly name: string; readonly file?: true }
  | { readonly kind: 'default'; readonly name: undefined; readonly file?: undefined };

export interface ResolvedSettings {
  readonly values: SettingValues;
  readonly sources: ReadonlyMap<SettingName, SettingSource>;
  /** Things worth a line in the log: Kong settings that mean nothing here. */
  readonly notices: readonly string[];
}

export class SettingError extends Error {
  readonly help: readonly string[];
  /** The value came from a flag, not from the environment. */
  readonly byFlag: boolean;
  constructor(message: string, help: readonly string[] = [], byFlag = false) {
    super(message);
    this.name = 'SettingError';
    this.help = help;
    this.byFlag = byFlag;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Environment variables of the command line itself that are no settings. */
const NOT_SETTINGS = new Set([
  'CARDINAL_NODE',
  'CARDINAL_ADMIN_URL',
  'CARDINAL_ADMIN_TOKEN',
  'KONG_ADMIN_URL',
]);

export function environmentName(name: string): string {
  return `CARDINAL_${name.toUpperCase()}`;
}

/** Throws a SettingError for the first value that is wrong or name that is unknown. */
export function resolveSettings(
  product: Product,
  flags: ReadonlyMap<SettingName, string>,
  env: Environment,
): ResolvedSettings {
  const notices: string[] = [];
  checkNames(product, env, notices);
  const values: Record<string, unknown> = Object.create(null);
  const sources = new Map<SettingName, SettingSource>();
  for (const [name, definition] of SETTINGS) {
    const [text, source] = definition.products.includes(product)
      ? locate(name, definition.flag, definition.aliases, flags, env)
      : ([undefined, undefined] as const);
    try {
      const given = source?.file === true ? settingFromFile(text as string) : text;
      values[name] = definition.type.parse(given ?? definition.default);
    } catch (error) {
      throw new SettingError(
        `${source?.name ?? name}: ${(error as Error).message}`,
        source?.kind === 'flag' ? [] : [`the flag for it: --${definition.flag}`],
        source?.kind === 'flag',
      );
    }
    sources.set(name, source ?? { kind: 'default', name: undefined });
  }
  return { values: values as unknown as SettingValues, sources, notices };
}

function locate(
  name: string,
  flag: string,
  aliases: readonly string[],
  flags: ReadonlyMap<SettingName, string>,
  env: Environment,
): readonly [string, SettingSource] | readonly [undefined, undefined] {
  const given = flags.get(name as SettingName);
  if (given !== undefined) return [given, { kind: 'flag', name: `--${flag}` }];
  for (const prefix of ['CARDINAL_', 'KONG_']) {
    for (const candidate of [name, ...aliases]) {
      const variable = prefix + candidate.toUpperCase();
      const value = read(env, variable);
      const path = prefix === 'CARDINAL_' ? read(env, variable + FILE_SUFFIX) : undefined;
      if (value !== undefined && path !== undefined) {
        throw new SettingError(`${variable} and ${variable}${FILE_SUFFIX} exclude each other`);
      }
      if (value !== undefined) return [value, { kind: 'environment', name: variable }];
      if (path !== undefined)
        return [path, { kind: 'environment', name: variable + FILE_SUFFIX, file: true }];
    }
  }
  return [undefined, undefined];
}

/** An empty variable is an unset one: that is what `${NAME:-}` in a compose file gives. */
function read(env: Environment, variable: string): string | undefined {
  const value = env[variable]?.trim();
  return value === '' ? undefined : value;
}

function checkNames(product: Product, env: Environment, notices: string[]): void {
  const known = new Map<string, readonly Product[]>();
  for (const [name, definition] of SETTINGS) {
    for (const each of [name, ...definition.aliases]) known.set(each.toUpperCase(), definition.products);
  }
  const ignored: string[] = [];
  for (const variable of Object.keys(env).sort()) {
    const kong = variable.startsWith('KONG_');
    if ((!kong && !variable.startsWith('CARDINAL_')) || NOT_SETTINGS.has(variable)) continue;
    const written = variable.slice(kong ? 5 : 9);
    const products =
      known.get(written) ??
      (!kong && written.endsWith(FILE_SUFFIX) ? known.get(written.slice(0, -FILE_SUFFIX.length)) : undefined);
    if (products === undefined) {
      if (!kong)
        throw new SettingError(`${variable}: there is no such setting`, suggestions(variable, known));
      ignored.push(variable);
    } else if (!products.includes(product) && !kong) {
      notices.push(`${variable} is a setting of cardinal ${products[0]}; it is not used here`);
    }
  }
  if (ignored.length > 0) {
    const shown =
      ignored.slice(0, 10).join(', ') + (ignored.length > 10 ? `, ${ignored.length - 10} more` : '');
    notices.push(`settings of Kong that have no meaning here are not used: ${shown}`);
  }
}

function suggestions(variable: string, known: ReadonlyMap<string, unknown>): string[] {
  const wanted = variable.slice(9);
  for (const [name, definition] of SETTINGS) {
    if (definition.flag.replaceAll('-', '_').toUpperCase() === wanted)
      return [`did you mean ${environmentName(name)}?`];
  }
  const near = nearest(wanted, known.keys());
  return [
    ...(near === undefined ? [] : [`did you mean CARDINAL_${near}?`]),
    'all settings: cardinal gateway --help, cardinal microgateway --help',
  ];
}
