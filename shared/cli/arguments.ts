/**
 * Reads a command's arguments: strict about names, with a did-you-mean, and each flag at most once.
 * The splitting is node:util's; this file decides what is allowed.
 */
import { nearest } from '../config/schema/similar.ts';
import { flagSettings, type SettingName } from '../config/settings/table.ts';
import { CliError } from './cli-error.ts';
import type { Command, OwnFlag } from './command.ts';
import { EXIT } from './exit-codes.ts';

const { parseArgs } = process.getBuiltinModule('node:util');

export interface ParsedArguments {
  readonly help: boolean;
  readonly colour: 'auto' | 'always' | 'never';
  readonly debug: boolean;
  readonly positionals: readonly string[];
  readonly flags: ReadonlyMap<string, string>;
  /** Values of settings given as flags, as written. */
  readonly settings: ReadonlyMap<SettingName, string>;
}

/** Flags that every command has. */
export const GLOBAL_FLAGS: readonly OwnFlag[] = [
  { name: 'help', short: 'h', value: true, description: 'Show this help.' },
  {
    name: 'color',
    value: 'WHEN',
    oneOf: ['auto', 'always', 'never'],
    description: 'Colour: auto, always, never.',
  },
  { name: 'debug', value: true, description: 'Show stack traces of unexpected errors.' },
];

function usageError(command: Command, message: string, ...help: string[]): CliError {
  return new CliError(message, {
    exitCode: EXIT.usage,
    help: [...help, `all flags: cardinal ${command.name} --help`],
  });
}

export function parseArguments(command: Command, argv: readonly string[]): ParsedArguments {
  const own = [...command.flags, ...GLOBAL_FLAGS];
  const ownByName = new Map(own.map((flag) => [flag.name, flag]));
  const settingByFlag = new Map<string, { name: SettingName; isSwitch: boolean }>();
  if (command.settings !== undefined) {
    for (const { name, definition } of flagSettings(command.settings)) {
      settingByFlag.set(definition.flag, { name, isSwitch: definition.type.isSwitch });
    }
  }
  const options: Record<string, { type: 'boolean' | 'string'; short?: string; multiple?: boolean }> =
    Object.create(null);
  for (const flag of own) {
    options[flag.name] = {
      type: flag.value === true ? 'boolean' : 'string',
      ...(flag.short === undefined ? {} : { short: flag.short }),
    };
  }
  for (const [flag, { isSwitch }] of settingByFlag) options[flag] = { type: isSwitch ? 'boolean' : 'string' };

  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const flags = new Map<string, string>();
  const settings = new Map<SettingName, string>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName } = token;
    const flag = ownByName.get(name);
    const setting = flag === undefined ? settingByFlag.get(name) : undefined;
    if (flag === undefined && setting === undefined) {
      const near = nearest(name, [...ownByName.keys(), ...settingByFlag.keys()]);
      throw usageError(
        command,
        `unknown flag ${rawName} for cardinal ${command.name}`,
        ...(near === undefined ? [] : [`did you mean --${near}?`]),
      );
    }
    const isSwitch = flag === undefined ? setting?.isSwitch === true : flag.value === true;
    const value = token.value;
    if (!isSwitch && (value === undefined || (token.inlineValue === false && /^--[a-z]/.test(value)))) {
      throw usageError(command, `${rawName} needs a value`);
    }
    if (flag !== undefined && isSwitch && value !== undefined) {
      throw usageError(command, `${rawName} takes no value`);
    }
    const text = value ?? 'true';
    if (flag?.oneOf !== undefined && !flag.oneOf.includes(text)) {
      throw usageError(command, `${rawName} must be one of ${flag.oneOf.join(', ')}, not '${text}'`);
    }
    const seen = flag !== undefined ? flags.has(name) : settings.has(setting?.name as SettingName);
    if (seen && flag?.many !== true) throw usageError(command, `${rawName} was given twice`);
    if (flag !== undefined) flags.set(name, seen ? `${flags.get(name)}\n${text}` : text);
    else if (setting !== undefined) settings.set(setting.name, text);
  }

  const help = flags.has('help');
  if (!help) {
    const [least, most] = command.positionals;
    const extra = positionals[most];
    if (extra !== undefined) throw usageError(command, `unexpected argument '${extra}'`);
    if (positionals.length < least) {
      throw usageError(command, 'an argument is missing', `usage: cardinal ${command.name} ${command.usage}`);
    }
    for (const flag of command.flags) {
      if (flag.required === true && !flags.has(flag.name)) {
        throw usageError(
          command,
          `--${flag.name} ${flag.value} is missing`,
          `usage: cardinal ${command.name} ${command.usage}`,
        );
      }
    }
  }
  return {
    help,
    colour: (flags.get('color') ?? 'auto') as ParsedArguments['colour'],
    debug: flags.has('debug'),
    positionals,
    flags,
    settings,
  };
}
