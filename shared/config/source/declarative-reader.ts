/** The reader of the compositions: declarative files and posted documents, checked against these plugins. */
import { invalidConfigurationMessage } from '../declarative/error-message.ts';
import { flattenedErrors } from '../declarative/flatten-errors.ts';
import { declarativeFromObject, type ReadResult, readDeclarative } from '../declarative/read.ts';
import { readConfigFile } from '../declarative/read-file.ts';
import type { Configuration } from '../entities.ts';
import { type ConfigurablePlugin, pluginRegistry } from '../plugin-registry.ts';
import type { ConfigurationReader, ReadOutcome } from './reader.ts';

const { readFile } = process.getBuiltinModule('node:fs/promises');

export function createReader(
  definitions: Iterable<ConfigurablePlugin>,
  now: () => number = Date.now,
): ConfigurationReader {
  const plugins = pluginRegistry(definitions);
  return {
    async readFile(path) {
      const result = await readConfigFile(path, { plugins, now: now() });
      // Only for the excerpts of findings: the file may be gone or another one by now, which harms nothing.
      const text = findingsOf(result).length === 0 ? '' : await readFile(path, 'utf8').catch(() => '');
      return outcome(result, text);
    },
    async readText(text) {
      const options = { plugins, now: now() };
      if (text.trimStart().startsWith('{')) {
        const result = await readDeclarative(text, { ...options, format: 'json' });
        // What starts like JSON may be YAML in flow style.
        if (result.ok || result.findings[0]?.code !== 'CD1006') return outcome(result, text);
      }
      return outcome(await readDeclarative(text, { ...options, format: 'yaml' }), text);
    },
    async readObject(document) {
      return outcome(declarativeFromObject(document, { plugins, now: now() }), '');
    },
  };
}

function findingsOf(result: ReadResult): readonly unknown[] {
  return result.ok ? result.warnings : result.findings;
}

function outcome(result: ReadResult, text: string): ReadOutcome {
  if (result.ok) {
    const { configuration, warnings } = result;
    return { ok: true, configuration, entities: countEntities(configuration), warnings, text };
  }
  const { findings, fields, entityErrors } = result;
  return {
    ok: false,
    findings,
    text,
    refusal: {
      message: invalidConfigurationMessage(fields),
      fields,
      flattened: () => flattenedErrors(entityErrors),
    },
  };
}

function countEntities(configuration: Configuration): number {
  const { hash: _hash, pluginEntities, ...core } = configuration;
  let count = 0;
  for (const list of [...Object.values(core), ...Object.values(pluginEntities)]) count += list.length;
  return count;
}
