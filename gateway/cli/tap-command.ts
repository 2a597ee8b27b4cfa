/** `cardinal tap [FILTER]`: live requests, one line each. */
import type { Command } from '../../shared/cli/command.ts';
import { ADMIN_FLAGS } from './admin-flags.ts';

export const command: Command = {
  name: 'tap',
  summary: 'watch live requests',
  usage: '[FILTER] [flags]',
  examples: [
    ['cardinal tap', 'everything, at most 100 rows a second'],
    ["cardinal tap 'status:>=400 route:orders'", 'what goes wrong on one route'],
    ["cardinal tap 'ms:>100 -path:/health' --json", 'slow ones, as JSON Lines'],
    ["cardinal tap 'plugin:rate-limiting,key-auth ip:10.0.0.0/8' --wide", 'who is refused'],
  ],
  flags: [
    { name: 'json', value: true, description: 'One JSON object a line, with everything that is known.' },
    {
      name: 'wide',
      value: true,
      description: 'Also the split of the time, target, consumer and request id.',
    },
    {
      name: 'sample',
      value: 'PERCENT',
      description: 'Show that part of what matches (1 to 100, default 100).',
    },
    {
      name: 'max-rps',
      value: 'N',
      description: 'Most rows a second (default 100); more are dropped and counted.',
    },
    { name: 'count', short: 'n', value: 'N', description: 'End after so many rows.' },
    ...ADMIN_FLAGS,
  ],
  positionals: [0, 20],
  exitCodes: [0, 1, 64, 69],
  async run(call) {
    const { tap } = await import('./tap.ts');
    return tap(call);
  },
};
