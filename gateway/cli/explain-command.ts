/** `cardinal explain METHOD URL`: what becomes of a request; of a running gateway, or of a file without one. */
import type { Command } from '../../shared/cli/command.ts';
import { ADMIN_FLAGS, OUTPUT_FLAG } from './admin-flags.ts';

export const command: Command = {
  name: 'explain',
  summary: 'which route a request takes, why, and what its plugins make of it',
  usage: 'METHOD URL [flags]',
  examples: [
    [
      'cardinal explain GET http://localhost:8000/orders',
      'ask the running gateway; nothing is sent through it',
    ],
    [
      "cardinal explain GET https://api.example.com/orders/42 -H 'x-version: 2' --config kong.yml",
      'ask a file',
    ],
    [
      'cardinal explain POST http://localhost:8000/orders --consumer alice',
      'as if alice had been authenticated',
    ],
  ],
  flags: [
    {
      name: 'header',
      short: 'H',
      value: 'NAME:VALUE',
      many: true,
      description: 'A header; as often as needed.',
    },
    { name: 'config', value: 'FILE', description: 'A declarative file instead of a running gateway.' },
    {
      name: 'sni',
      value: 'NAME',
      description: 'Server name of the TLS connection (else the host of the URL).',
    },
    { name: 'client-ip', value: 'IP', description: 'Address of the client (default 127.0.0.1).' },
    { name: 'consumer', value: 'NAME', description: 'As if this consumer had been authenticated.' },
    OUTPUT_FLAG,
    {
      name: 'plugin-paths',
      value: 'PATH,...',
      description: 'With --config: own plugins (else CARDINAL_PLUGIN_PATHS).',
    },
    ...ADMIN_FLAGS,
  ],
  positionals: [1, 2],
  exitCodes: [0, 1, 2, 64, 65, 69, 78],
  async run(call) {
    const { explain } = await import('./explain.ts');
    return explain(call);
  },
};
