/** What the serving commands say about a configuration that is wrong, and about one that only looks so. */
import type { Finding } from '../config/declarative/finding.ts';
import type { ReadOutcome } from '../config/source/reader.ts';
import type { Logger } from '../observe/logger.ts';
import { CliError } from './cli-error.ts';
import type { Io } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { renderFindings } from './render-findings.ts';

export function renderInvalid(outcome: Extract<ReadOutcome, { ok: false }>, path: string, io: Io): CliError {
  return new CliError(renderFindings(outcome.findings, outcome.text, path, io.err).trimEnd(), {
    exitCode: EXIT.config,
    rendered: true,
  });
}

const MAX_LOGGED = 20;

export function logFindings(findings: readonly Finding[], log: Logger): void {
  for (const finding of findings.slice(0, MAX_LOGGED)) {
    log.warn(finding.message, {
      code: finding.code,
      file: finding.file,
      line: finding.line,
      help: finding.help,
    });
  }
  if (findings.length > MAX_LOGGED)
    log.warn('further warnings: cardinal validate FILE', { more: findings.length - MAX_LOGGED });
}
