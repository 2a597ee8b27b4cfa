/**
 * Runs one command: arguments, settings, and whatever goes wrong as one message and the right exit code.
 * Never shows a stack trace unless `--debug` asks for it.
 */
import { resolveSettings, SettingError } from '../config/settings/resolve.ts';
import { type ParsedArguments, parseArguments } from './arguments.ts';
import { CliError } from './cli-error.ts';
import type { Command, Io } from './command.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { commandHelp } from './help.ts';
import { styleOf } from './terminal.ts';

export type LoadCommand = () => Promise<{ readonly command: Command }>;

export async function runCommand(load: LoadCommand, argv: readonly string[], io: Io): Promise<number> {
  let debug = argv.includes('--debug');
  let styled = io;
  try {
    const { command } = await load();
    const parsed = parseArguments(command, argv);
    debug = parsed.debug;
    styled = withColour(io, parsed);
    if (parsed.help) {
      styled.write(commandHelp(command, styled.out));
      return EXIT.ok;
    }
    const resolved =
      command.settings === undefined ? undefined : resolveSettings(command.settings, parsed.settings, io.env);
    return await command.run({
      positionals: parsed.positionals,
      flags: parsed.flags,
      settings: resolved?.values,
      resolved,
      io: styled,
    });
  } catch (error) {
    return reportError(error, styled, debug);
  }
}

/** Prints the error; returns its exit code. */
export function reportError(error: unknown, io: Io, debug: boolean): ExitCode {
  const { message, help, exitCode, rendered } = asCliError(error);
  if (rendered) io.writeError(message + '\n');
  else io.writeError(`${io.err.red(io.err.bold('error'))}: ${message}\n`);
  for (const line of help) io.writeError(`  = help: ${line}\n`);
  if (debug && error instanceof Error) {
    for (let each: unknown = error; each instanceof Error; each = each.cause)
      io.writeError(`${each.stack}\n`);
  }
  return exitCode;
}

function asCliError(error: unknown): Pick<CliError, 'message' | 'help' | 'exitCode' | 'rendered'> {
  if (error instanceof CliError) return error;
  if (error instanceof SettingError) {
    const { message, help, byFlag } = error;
    return { message, help, exitCode: byFlag ? EXIT.usage : EXIT.setting, rendered: false };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    message: `unexpected: ${message.split('\n', 1)[0]}`,
    help: ['run it again with --debug to see where'],
    exitCode: EXIT.failed,
    rendered: false,
  };
}

function withColour(io: Io, parsed: ParsedArguments): Io {
  if (parsed.colour === 'auto') return io;
  return {
    ...io,
    out: styleOf(process.stdout, io.env, parsed.colour),
    err: styleOf(process.stderr, io.env, parsed.colour),
  };
}
