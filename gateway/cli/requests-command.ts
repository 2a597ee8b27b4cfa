/** `cardinal requests [ID]`: requests that were kept, or one of them step by step. */
import type { Command } from '../../shared/cli/command.ts';
import { ADMIN_FLAGS, OUTPUT_FLAG } from './admin-flags.ts';

export const command: Command = {
  name: 'requests',
  summary: 'sampled, slow and refused requests, step by step',
  usage: '[ID] [flags]',
  examples: [
    ['cardinal requests', 'the newest that were kept'],
    ["cardinal requests --filter 'status:429 consumer:alice'", 'those of one consumer that were refused'],
    ['cardinal requests 4f0c...', 'one of them, by its X-Kong-Request-Id: every step and who ended it'],
  ],
  flags: [
    { name: 'filter', value: 'FILTER', description: 'In the language of cardinal tap.' },
    {
      name: 'because',
      value: 'WHY',
      oneOf: ['sampled', 'slow', 'refused', 'failed', 'watched'],
      description: 'Kept for that reason: sampled, slow, refused, failed, watched.',
    },
    { name: 'limit', value: 'N', description: 'Most rows (default 50).' },
    OUTPUT_FLAG,
    ...ADMIN_FLAGS,
  ],
  positionals: [0, 1],
  exitCodes: [0, 1, 64, 69],
  async run(call) {
    const { requests } = await import('./requests.ts');
    return requests(call);
  },
};
