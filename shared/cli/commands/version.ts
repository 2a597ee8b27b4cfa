/** `cardinal version`. */
import { CARDINAL_VERSION } from '../../process/version.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

export const command: Command = {
  name: 'version',
  summary: 'print the version',
  usage: '[-o json]',
  examples: [
    ['cardinal version', 'cardinal 1.2.3'],
    ['cardinal version -o json', 'with the runtime, for scripts'],
  ],
  flags: [
    {
      name: 'output',
      short: 'o',
      value: 'FORMAT',
      oneOf: ['text', 'json'],
      description: 'text (default) or json.',
    },
  ],
  positionals: [0, 0],
  exitCodes: [0, 64],
  async run(call) {
    if (call.flags.get('output') === 'json') {
      const { arch, platform, versions } = process;
      const document = { schemaVersion: 1, version: CARDINAL_VERSION, node: versions.node, platform, arch };
      call.io.write(JSON.stringify(document) + '\n');
    } else call.io.write(`cardinal ${CARDINAL_VERSION}\n`);
    return EXIT.ok;
  },
};
