/**
 * Puts the values of `{vault://...}` references into a configuration. The configuration itself keeps the references (it
 * is stored, shown and sent around); only what is compiled for serving has the values. The result holds secrets:
 * never show it, never store it.
 */
import type { Finding } from './declarative/finding.ts';
import { finding } from './declarative/finding.ts';
import { entityIndex } from './entities/index.ts';
import { pluginEntitySchema } from './entities/plugins.ts';
import type { Configuration, Vault } from './entities.ts';
import type { PluginRegistry } from './plugin-registry.ts';
import type { AnyField, Fields, RecordField } from './schema/field.ts';
import { isVaultReference } from './schema/rules.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Resolved {
  /** Shares everything that holds no references with the argument. */
  readonly configuration: Configuration;
  /** One for each reference without a value; the value is then empty text. */
  readonly findings: readonly Finding[];
}

/**
 * `{vault://env/my-name}` is the variable `MY_NAME`; `{vault://<prefix>/my-name}` with a vault of that prefix puts
 * its `config.prefix` before it; a further `/key` picks a member of a JSON value.
 */
export function resolveReferences(
  configuration: Configuration,
  env: Environment,
  plugins: PluginRegistry,
): Resolved {
  const resolver = new Resolver(configuration.vaults, env);
  const result: Record<string, unknown> = { ...configuration };
  const pluginEntities: Record<string, unknown> = { ...configuration.pluginEntities };
  for (const { collection, schema, owner } of entityIndex(plugins).values()) {
    const target = owner === undefined ? result : pluginEntities;
    const list = target[collection] as readonly Readonly<Record<string, unknown>>[] | undefined;
    if (list === undefined) continue;
    target[collection] = mapShared(list, (entity, i) => {
      const own = collection === 'plugins' ? plugins.schema(String(entity['name'])) : undefined;
      return resolver.record(
        own === undefined ? schema : pluginEntitySchema(own),
        entity,
        `${collection}[${i}]`,
      );
    });
  }
  result['pluginEntities'] = pluginEntities;
  return { configuration: result as unknown as Configuration, findings: resolver.findings };
}

class Resolver {
  readonly findings: Finding[] = [];
  readonly #vaults: ReadonlyMap<string, Vault>;
  readonly #env: Environment;

  constructor(vaults: readonly Vault[], env: Environment) {
    this.#vaults = new Map(vaults.map((vault) => [vault.prefix, vault]));
    this.#env = env;
  }

  record<T extends Readonly<Record<string, unknown>>>(schema: RecordField, value: T, path: string): T {
    if (!mayRefer(schema)) return value;
    let result: Record<string, unknown> | undefined;
    const fields: Fields = schema.fields;
    for (const name of Object.keys(fields)) {
      const before = value[name];
      if (before === null || before === undefined) continue;
      const after = this.#value(fields[name] as AnyField, before, `${path}.${name}`);
      if (after !== before) (result ??= { ...value })[name] = after;
    }
    return (result ?? value) as T;
  }

  #value(field: AnyField, value: unknown, path: string): unknown {
    switch (field.type) {
      case 'string':
        return field.options.referenceable === true && isVaultReference(value)
          ? this.#resolve(value, path)
          : value;
      case 'array':
      case 'set':
        if (!Array.isArray(value)) return value;
        return mapShared(value as unknown[], (element, i) =>
          this.#value(field.elements, element, `${path}[${i}]`),
        );
      case 'map': {
        let result: Record<string, unknown> | undefined;
        const entries = value as Readonly<Record<string, unknown>>;
        for (const key of Object.keys(entries)) {
          const after = this.#value(field.values, entries[key], `${path}.${key}`);
          if (after !== entries[key]) (result ??= Object.assign(Object.create(null), entries))[key] = after;
        }
        return result ?? value;
      }
      case 'record':
        return this.record(field, value as Readonly<Record<string, unknown>>, path);
      default:
        return value;
    }
  }

  #resolve(reference: string, path: string): string {
    const match = /^\{vault:\/\/([^/}]+)\/([^/}]+)(?:\/([^}]+))?\}$/.exec(reference);
    const [, vaultName, name, member] = match ?? [];
    const vault = this.#vaults.get(vaultName ?? '');
    if (vaultName === undefined || name === undefined || (vaultName !== 'env' && vault === undefined)) {
      return this.#missing(reference, path, `no vault is named by \`${reference}\``, 'CD1402');
    }
    const prefix = vaultName === 'env' ? '' : String(vault?.config['prefix'] ?? '');
    const variable = `${prefix}${name}`.replaceAll('-', '_').toUpperCase();
    const value = Object.hasOwn(this.#env, variable) ? this.#env[variable] : undefined;
    if (value === undefined) {
      return this.#missing(
        reference,
        path,
        `\`${reference}\`: the environment variable ${variable} is not set`,
      );
    }
    if (member === undefined) return value;
    const picked = memberOf(value, member);
    return (
      picked ?? this.#missing(reference, path, `\`${reference}\`: the JSON in ${variable} has no such member`)
    );
  }

  #missing(reference: string, path: string, message: string, code: 'CD1401' | 'CD1402' = 'CD1401'): string {
    const help = `set the variable, or change ${reference}`;
    this.findings.push({ ...finding(code, message, '-', undefined, undefined, { help }), path });
    return '';
  }
}

function memberOf(text: string, member: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, member)) return undefined;
  const picked = (value as Readonly<Record<string, unknown>>)[member];
  return typeof picked === 'string' ? picked : picked === undefined ? undefined : JSON.stringify(picked);
}

const referring = new WeakMap<AnyField, boolean>();

/** Whether anything below the field may be a reference; most schemas have nothing of the kind. */
function mayRefer(field: AnyField): boolean {
  let result = referring.get(field);
  if (result === undefined) {
    result = looksForReference(field);
    referring.set(field, result);
  }
  return result;
}

function looksForReference(field: AnyField): boolean {
  if (field.options.referenceable === true) return true;
  if (field.type === 'record') return Object.values(field.fields as Fields).some(mayRefer);
  if (field.type === 'array' || field.type === 'set') return mayRefer(field.elements);
  return field.type === 'map' && mayRefer(field.values);
}

function mapShared<T>(list: readonly T[], change: (element: T, i: number) => T): readonly T[] {
  let result: T[] | undefined;
  for (let i = 0; i < list.length; i++) {
    const before = list[i] as T;
    const after = change(before, i);
    if (after !== before) (result ??= list.slice())[i] = after;
  }
  return result ?? list;
}
