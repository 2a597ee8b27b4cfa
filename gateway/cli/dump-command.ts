/** `cardinal dump`: what a gateway has, as a file. Reads and changes nothing but that file. */
import type { Command } from '../../shared/cli/command.ts';
import { SYNC_FLAGS } from './sync/flags.ts';

export const command: Command = {
  name: 'dump',
  summary: 'write what a running gateway has as a declarative file',
  usage: '[-o FILE] [flags]',
  examples: [
    ['cardinal dump -o kong.yml', "services, routes, plugins, consumers: in decK's format"],
    ['cardinal dump --select-tag team-a --with-id', 'only what has the tag, with the ids it has there'],
    [
      'CARDINAL_ADMIN_TOKEN=... cardinal dump --admin-url https://admin.example.com',
      'from a gateway that asks for a token',
    ],
  ],
  flags: [
    {
      name: 'output',
      short: 'o',
      value: 'FILE',
      description: 'Where to write it; default and `-`: standard output.',
    },
    { name: 'format', value: 'FORMAT', oneOf: ['yaml', 'json'], description: 'yaml (default) or json.' },
    { name: 'with-id', value: true, description: 'Write the ids of all entities.' },
    { name: 'yes', value: true, description: 'Overwrite the file if it is there.' },
    ...SYNC_FLAGS,
  ],
  positionals: [0, 0],
  exitCodes: [0, 1, 64, 69, 78],
  async run(call) {
    const { dump } = await import('./dump.ts');
    return dump(call);
  },
};
