/** `cardinal apply FILE`: makes a running gateway have what the file says, and nothing else. */
import type { Command } from '../../shared/cli/command.ts';
import { SYNC_FLAGS } from './sync/flags.ts';

export const command: Command = {
  name: 'apply',
  summary: 'make a running gateway have what a file says: create, change, delete',
  usage: 'FILE [flags]',
  examples: [
    ['cardinal apply kong.yml', 'only what differs is sent; what the file does not have is deleted'],
    ['cardinal apply team-a.yml --select-tag team-a', 'what lacks the tag is left alone'],
    ['cardinal diff kong.yml && cardinal apply kong.yml --yes', 'look first; --yes does not ask again'],
  ],
  flags: [
    { name: 'yes', value: true, description: 'Do not ask before something is deleted.' },
    ...SYNC_FLAGS,
  ],
  positionals: [1, 1],
  exitCodes: [0, 1, 64, 65, 69, 78],
  async run(call) {
    const { apply } = await import('./apply.ts');
    return apply(call);
  },
};
