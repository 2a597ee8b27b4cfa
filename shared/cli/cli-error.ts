/**
 * A failure that people are meant to read: one message, what to do about it, and the exit code. Whatever
 * reaches the top of a command as a `CliError` is printed without a stack trace.
 */
import { EXIT, type ExitCode } from './exit-codes.ts';

export interface CliErrorOptions {
  readonly exitCode?: ExitCode;
  /** What to do, one line each; printed after `help:`. */
  readonly help?: readonly string[];
  /** Already complete (rendered findings): printed as it is, without `error:`. */
  readonly rendered?: boolean;
  readonly cause?: unknown;
}

export class CliError extends Error {
  readonly exitCode: ExitCode;
  readonly help: readonly string[];
  readonly rendered: boolean;

  constructor(message: string, options: CliErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CliError';
    this.exitCode = options.exitCode ?? EXIT.failed;
    this.help = options.help ?? [];
    this.rendered = options.rendered ?? false;
  }
}

/** What is shown for a system error instead of `EACCES: permission denied, open '...'`. */
export function systemErrorText(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  switch (code) {
    case 'ENOENT':
      return 'no such file';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EISDIR':
      return 'it is a directory';
    case 'ENOTDIR':
      return 'a part of the path is not a directory';
    case 'EADDRINUSE':
      return 'the address is in use';
    case 'EADDRNOTAVAIL':
      return 'this machine does not have that address';
    case 'ENOTFOUND':
      return 'the host name does not resolve';
    case 'ENOSPC':
      return 'no space left on the disk';
    case 'EROFS':
      return 'the file system is read-only';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many open files (raise the limit: ulimit -n)';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
