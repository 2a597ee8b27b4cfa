/**
 * What both compositions do before they serve: log, plugins, configuration reader, and the errors of each
 * turned into what people read.
 */
import { CliError } from '../cli/cli-error.ts';
import type { Io } from '../cli/command.ts';
import { EXIT } from '../cli/exit-codes.ts';
import { environmentName } from '../config/settings/resolve.ts';
import type { Settings } from '../config/settings/settings.ts';
import { createLogger, type Logger, type LogLevel } from '../observe/logger.ts';
import { writeStandardError } from '../observe/standard-error.ts';
import { openCatalog, type PluginCatalog, PluginLoadError, UnknownPluginError } from '../plugins/catalog.ts';

export interface LogChoice {
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
}

export function logChoice(settings: Settings, io: Io): LogChoice {
  const level = settings.log_level;
  return {
    // Kong's two severest levels have no lines of their own here.
    level: level === 'alert' || level === 'emerg' ? 'crit' : level,
    format: settings.log_format === 'auto' ? (io.err.terminal ? 'pretty' : 'json') : settings.log_format,
  };
}

export function processLog(choice: LogChoice): Logger {
  return createLogger({ ...choice, write: writeStandardError });
}

export async function pluginsOrFail(settings: Settings): Promise<PluginCatalog> {
  try {
    return await openCatalog(settings.plugins, settings.plugin_paths, settings.function_modules);
  } catch (error) {
    const unknown = error instanceof UnknownPluginError;
    if (!unknown && !(error instanceof PluginLoadError)) throw error;
    throw new CliError(`${environmentName(unknown ? 'plugins' : 'plugin_paths')}: ${error.message}`, {
      exitCode: EXIT.setting,
      help: unknown ? error.help : [],
    });
  }
}
