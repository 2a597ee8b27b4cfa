/** `cardinal validate FILE`: is this configuration valid. Reads the file and its plugins' schemas, nothing else. */
import type { Call, Command } from '../command.ts';

export const command: Command = {
  name: 'validate',
  summary: 'is this configuration file valid',
  usage: 'FILE [-o json | --format github]',
  examples: [
    ['cardinal validate kong.yml', 'every mistake with its line and what to do'],
    ['cardinal validate kong.yml -o json', 'for scripts'],
    ['cardinal validate kong.yml --format github', 'annotations in a pull request'],
  ],
  flags: [
    {
      name: 'output',
      short: 'o',
      value: 'FORMAT',
      oneOf: ['text', 'json'],
      description: 'text (default) or json.',
    },
    {
      name: 'format',
      value: 'FORMAT',
      oneOf: ['text', 'json', 'github'],
      description: 'As --output, and github.',
    },
    { name: 'plugin-paths', value: 'PATH,...', description: 'Own plugins (else CARDINAL_PLUGIN_PATHS).' },
  ],
  positionals: [1, 1],
  exitCodes: [0, 64, 65, 78],
  run,
};

async function run(call: Call): Promise<number> {
  const { validateFile } = await import('./validate-file.ts');
  return validateFile(call);
}
