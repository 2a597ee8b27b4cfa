/**
 * The user's own policies: a declarative file with plugins and consumers. The services are the lab's, so a file that
 * brings its own, or plugins that belong to one of them, is refused with what to do instead.
 */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { CliError, systemErrorText } from '../../shared/cli/cli-error.ts';
import type { Io } from '../../shared/cli/command.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';
import { renderInvalid } from '../../shared/cli/render-outcome.ts';
import { createReader } from '../../shared/config/source/declarative-reader.ts';
import { openCatalog } from '../../shared/plugins/catalog.ts';
import type { PluginSetting, PolicySet } from './policy-set.ts';

const TAKEN = new Set(['_format_version', '_transform', '_comment', 'plugins', 'consumers']);

interface RawPlugin {
  readonly name: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly consumer?: unknown;
  readonly service?: unknown;
  readonly route?: unknown;
  readonly enabled?: boolean;
}

export interface OwnPolicies {
  readonly file: string;
  readonly pluginPaths: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

/** Rejects with a `CliError`. */
export async function ownPolicySet(own: OwnPolicies, io: Io): Promise<PolicySet> {
  const { file, pluginPaths, headers } = own;
  const catalog = await openCatalog(['bundled'], pluginPaths).catch((error: Error) => {
    throw new CliError(`--plugin-paths: ${error.message}`, { exitCode: EXIT.setting });
  });
  const outcome = await createReader(catalog.schemas).readFile(file);
  if (!outcome.ok) throw renderInvalid(outcome, file, io);
  const document = parse(
    await readFile(file, 'utf8').catch((error: unknown) => {
      throw new CliError(`${file}: ${systemErrorText(error)}`, { exitCode: EXIT.config });
    }),
  ) as Readonly<Record<string, unknown>>;
  const foreign = Object.keys(document).filter((key) => !TAKEN.has(key));
  if (foreign.length > 0) {
    throw refused(file, `it has ${foreign.join(', ')}; the services that are measured are the lab's own`, [
      'leave them out: put the plugins to compare at the top level, next to the consumers that they need',
    ]);
  }
  const plugins = (document['plugins'] ?? []) as readonly RawPlugin[];
  for (const { name, service, route } of plugins) {
    if (service !== undefined || route !== undefined) {
      throw refused(file, `plugin ${name} is for a ${service === undefined ? 'route' : 'service'}`, [
        'the lab puts every plugin on each of its services: leave the scope out (a consumer may be named)',
      ]);
    }
  }
  const taken = plugins.filter(({ enabled }) => enabled !== false);
  return {
    name: 'own',
    says: `${file}: ${taken.map(({ name }) => name).join(', ') || 'no plugins'}`,
    plugins: [
      ...(taken.length === 0 ? [] : [{ name: 'lab-chain-count' }]),
      ...taken.map(
        ({ name, config, consumer }): PluginSetting => ({
          name,
          ...(config === undefined ? {} : { config }),
          ...(consumer === undefined ? {} : { consumer: usernameOf(consumer) }),
        }),
      ),
    ],
    consumers: (document['consumers'] ?? []) as PolicySet['consumers'],
    headers,
    samples: [
      { method: 'GET', path: '/item', headers: {} },
      { method: 'POST', path: '/item', headers: {}, body: '{"item":"tea"}' },
    ],
    pluginPaths,
  };
}

function usernameOf(consumer: unknown): string {
  if (typeof consumer === 'string') return consumer;
  const { username, id } = consumer as { readonly username?: string; readonly id?: string };
  return username ?? id ?? '';
}

function refused(file: string, why: string, help: readonly string[]): CliError {
  return new CliError(`${file} cannot be run in every pattern: ${why}`, { exitCode: EXIT.config, help });
}
