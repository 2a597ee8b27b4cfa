/**
 * Help texts, made from the command definitions and the settings table, so that they cannot say something
 * else than the program does.
 */
import { environmentName } from '../config/settings/resolve.ts';
import { flagSettings, SETTING_GROUPS } from '../config/settings/table.ts';
import { GLOBAL_FLAGS } from './arguments.ts';
import type { Command, OwnFlag } from './command.ts';
import { EXIT_MEANING } from './exit-codes.ts';
import { type Style, wrap } from './terminal.ts';

export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
}

export function overview(groups: readonly CommandGroup[], style: Style): string {
  let text = "One gateway for every direction of traffic, with Kong's configuration.\n\n";
  text += `${style.bold('Usage')}  cardinal COMMAND [flags]\n`;
  for (const group of groups) {
    text += `\n${style.bold(group.title)}\n`;
    for (const { name, summary } of group.commands) text += `  ${style.cyan(name.padEnd(14))} ${summary}\n`;
  }
  text += `\n${style.bold('Examples')}\n`;
  text += '  cardinal gateway --config kong.yml\n';
  text += '  cardinal microgateway --config kong.yml --service orders --to http://127.0.0.1:3000\n';
  text += '  cardinal validate kong.yml\n';
  text += '\nFlags and examples of a command: cardinal COMMAND --help\n';
  return text;
}

export function commandHelp(command: Command, style: Style): string {
  const sentence = command.summary.charAt(0).toUpperCase() + command.summary.slice(1);
  let text = `${sentence}.\n\n`;
  text += `${style.bold('Usage')}  cardinal ${command.name} ${command.usage}\n\n${style.bold('Examples')}\n`;
  for (const [line, meaning] of command.examples) text += `  ${style.cyan(line)}\n      ${meaning}\n`;
  if (command.settings !== undefined) {
    const settings = flagSettings(command.settings);
    for (const group of SETTING_GROUPS) {
      const members = settings.filter(({ definition }) => definition.group === group);
      if (members.length > 0) text += `\n${style.bold(group)}\n`;
      for (const { name, definition } of members) {
        const value = definition.type.isSwitch ? '' : ` ${definition.type.placeholder}`;
        text += `  ${style.cyan(`--${definition.flag}${value}`)}\n`;
        for (const line of wrap(definition.description, style.width - 6)) text += `      ${line}\n`;
        const fallback = definition.default === '' ? '' : `default ${definition.default}; `;
        text += style.dim(`      ${fallback}${environmentName(name)}\n`);
      }
    }
  }
  text += `\n${style.bold(command.settings === undefined ? 'Flags' : 'Other flags')}\n`;
  for (const flag of [...command.flags, ...GLOBAL_FLAGS]) text += flagLine(flag, style);
  if (command.settings !== undefined) {
    text +=
      '\nA flag wins over the environment (CARDINAL_*, then KONG_*), the environment over the default.\n';
    text += 'Signals: SIGTERM drains and exits 0, a second one ends at once; SIGHUP reads the file again.\n';
  }
  text += `\n${style.bold('Exit codes')}\n`;
  for (const code of command.exitCodes) text += `  ${String(code).padStart(3)}  ${EXIT_MEANING[code]}\n`;
  return text;
}

function flagLine(flag: OwnFlag, style: Style): string {
  const short = flag.short === undefined ? '' : `-${flag.short}, `;
  const name = `${short}--${flag.name}${flag.value === true ? '' : ` ${flag.value}`}`;
  return `  ${style.cyan(name.padEnd(24))} ${flag.description}\n`;
}
