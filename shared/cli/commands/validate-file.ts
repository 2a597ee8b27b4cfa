/** The work of `cardinal validate`. */
import { resolveSettings } from '../../config/settings/resolve.ts';
import { createReader } from '../../config/source/declarative-reader.ts';
import { pluginsOrFail } from '../../process/serve.ts';
import type { Call } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { renderFindings, renderGithub, summary } from '../render-findings.ts';

export async function validateFile(call: Call): Promise<number> {
  const startedAt = performance.now();
  const file = call.positionals[0] as string;
  const paths = call.flags.get('plugin-paths');
  const settings = resolveSettings(
    'gateway',
    new Map(paths === undefined ? [] : [['plugin_paths', paths] as const]),
    call.io.env,
  ).values;
  const reader = createReader((await pluginsOrFail(settings)).schemas);
  const outcome = await reader.readFile(file);
  const ms = Math.max(1, Math.round(performance.now() - startedAt));
  const findings = outcome.ok ? outcome.warnings : outcome.findings;
  const format = call.flags.get('format') ?? call.flags.get('output') ?? 'text';
  if (format === 'json') {
    const entities = outcome.ok ? outcome.entities : null;
    const document = { schemaVersion: 1, valid: outcome.ok, file, entities, durationMs: ms, findings };
    call.io.write(JSON.stringify(document, null, 2) + '\n');
  } else if (format === 'github') {
    call.io.write(renderGithub(findings));
  } else if (findings.length > 0) {
    const rendered = renderFindings(findings, outcome.text, file, call.io.out).trimEnd();
    call.io.write(`${rendered} (${checked(outcome.ok ? outcome.entities : undefined, ms)})\n`);
  }
  if (outcome.ok && format === 'text' && findings.length === 0) {
    call.io.write(`${call.io.out.green('ok')}  ${file} is valid (${checked(outcome.entities, ms)})\n`);
  }
  if (format === 'github' && !outcome.ok) call.io.writeError(`${summary(findings)} in ${file}\n`);
  return outcome.ok ? EXIT.ok : EXIT.config;
}

function checked(entities: number | undefined, ms: number): string {
  return entities === undefined
    ? `checked in ${ms} ms`
    : `checked ${entities} ${entities === 1 ? 'entity' : 'entities'} in ${ms} ms`;
}
