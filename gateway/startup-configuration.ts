/**
 * Which configuration a gateway starts with: the file it was given, else what was last posted to its Admin
 * API, else nothing. An invalid one stops the start.
 */
import { CliError, systemErrorText } from '../shared/cli/cli-error.ts';
import type { Io } from '../shared/cli/command.ts';
import { EXIT } from '../shared/cli/exit-codes.ts';
import { renderInvalid } from '../shared/cli/render-outcome.ts';
import type { Finding } from '../shared/config/declarative/finding.ts';
import { EMPTY_CONFIGURATION } from '../shared/config/empty.ts';
import type { Configuration } from '../shared/config/entities.ts';
import type { ConfigurationReader } from '../shared/config/source/reader.ts';
import type { DataDirectory } from './data-directory.ts';

export interface StartupConfiguration {
  readonly configuration: Configuration;
  readonly generation: number;
  readonly origin: 'file' | 'posted' | 'empty' | 'store' | 'control-plane';
  readonly warnings: readonly Finding[];
}

export async function startupConfiguration(
  path: string,
  directory: DataDirectory,
  reader: ConfigurationReader,
  io: Io,
): Promise<StartupConfiguration> {
  if (path !== '') {
    const outcome = await reader.readFile(path);
    if (!outcome.ok) throw renderInvalid(outcome, path, io);
    return {
      configuration: outcome.configuration,
      generation: 1,
      origin: 'file',
      warnings: outcome.warnings,
    };
  }
  let text: string | undefined;
  try {
    text = await directory.storedConfiguration();
  } catch (error) {
    throw new CliError(`cannot read ${directory.configurationPath}: ${systemErrorText(error)}`, {
      exitCode: EXIT.config,
      help: ['it holds the configuration that was last posted; another place: --data-dir DIR'],
    });
  }
  if (text === undefined)
    return { configuration: EMPTY_CONFIGURATION, generation: 1, origin: 'empty', warnings: [] };
  const outcome = await reader.readText(text);
  if (!outcome.ok) throw renderInvalid(outcome, directory.configurationPath, io);
  return {
    configuration: outcome.configuration,
    generation: 1,
    origin: 'posted',
    warnings: outcome.warnings,
  };
}
