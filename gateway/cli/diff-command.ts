/** `cardinal diff FILE`: what `cardinal apply FILE` would do. Changes nothing. */
import type { Command } from '../../shared/cli/command.ts';
import { SYNC_FLAGS } from './sync/flags.ts';

export const command: Command = {
  name: 'diff',
  summary: 'show what cardinal apply would change',
  usage: 'FILE [flags]',
  examples: [
    ['cardinal diff kong.yml', 'one line for each entity that is different'],
    ['cardinal diff kong.yml --non-zero-exit-code', 'in a pipeline: 2 when there are differences'],
    ['cardinal dump | cardinal diff -', 'from standard input; says nothing'],
  ],
  flags: [
    { name: 'non-zero-exit-code', value: true, description: 'Exit with 2 when there are differences.' },
    {
      name: 'output',
      short: 'o',
      value: 'FORMAT',
      oneOf: ['text', 'json'],
      description: 'text (default) or json.',
    },
    ...SYNC_FLAGS,
  ],
  positionals: [1, 1],
  exitCodes: [0, 1, 2, 64, 65, 69, 78],
  async run(call) {
    const { diff } = await import('./diff.ts');
    return diff(call);
  },
};
