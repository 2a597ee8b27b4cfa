/**
 * The core of the `validate` command: checks one configuration file and says everything there is to say about it.
 * It reads that file and nothing else, and needs no running gateway.
 */

import type { Finding } from './declarative/finding.ts';
import { checkConfigFile, type FileOptions } from './declarative/read-file.ts';
import type { Configuration } from './entities.ts';

export interface FileVerdict {
  readonly ok: boolean;
  /** Errors and warnings in the order of the file. */
  readonly findings: readonly Finding[];
  /** How many entities were checked; 0 when there were errors. */
  readonly entityCount: number;
  /** For excerpts (`renderFindings`); undefined when the file could not be read. */
  readonly text: string | undefined;
  readonly configuration: Configuration | undefined;
}

export async function validateFile(path: string, options: FileOptions): Promise<FileVerdict> {
  const { result, text } = await checkConfigFile(path, options);
  if (!result.ok) {
    return { ok: false, findings: result.findings, entityCount: 0, text, configuration: undefined };
  }
  const { configuration, warnings } = result;
  return { ok: true, findings: warnings, entityCount: countEntities(configuration), text, configuration };
}

export function countEntities(configuration: Configuration): number {
  const { pluginEntities, hash: _, ...core } = configuration;
  let count = 0;
  for (const list of [...Object.values(core), ...Object.values(pluginEntities)]) count += list.length;
  return count;
}
