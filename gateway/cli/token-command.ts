/** `cardinal token create | list | revoke`: who may use the Admin API, and which data planes may join. */
import type { Command } from '../../shared/cli/command.ts';
import { ADMIN_FLAGS, OUTPUT_FLAG } from './admin-flags.ts';

export const command: Command = {
  name: 'token',
  summary: 'make, list and revoke tokens of the Admin API and of data planes',
  usage: 'create --role ROLE [flags] | list | revoke ID',
  examples: [
    [
      'cardinal token create --role admin --name ada',
      'the first one; from then on the Admin API asks for a token',
    ],
    ['cardinal token create --role write --name ci --expires 30d', 'for a pipeline'],
    [
      'cardinal token create --role microgateway --service orders --calls payments,catalog --uses 1',
      'lets one microgateway beside orders join',
    ],
    ['cardinal token list', 'names, roles, when they were used; never the tokens themselves'],
    [
      'CARDINAL_ADMIN_TOKEN=... cardinal token revoke 5f0c... --admin-url https://admin.example.com',
      'through a running Admin API instead of its store',
    ],
  ],
  flags: [
    {
      name: 'role',
      value: 'ROLE',
      oneOf: ['read', 'write', 'admin', 'microgateway', 'gateway'],
      description: 'read, write or admin for the Admin API; microgateway or gateway for data planes.',
    },
    { name: 'name', value: 'NAME', description: 'Whose it is (Admin API); shown in the audit log.' },
    { name: 'expires', value: 'TIME', description: 'After which it is over: 12h, 30d, 8w. Default: never.' },
    { name: 'service', value: 'NAME', description: 'The only service that a microgateway may stand beside.' },
    { name: 'calls', value: 'NAME,...', description: 'Services that it may call; default `*`: all.' },
    { name: 'uses', value: 'N', description: 'How many data planes may join with it; default: any number.' },
    OUTPUT_FLAG,
    {
      name: 'store',
      value: 'STORE',
      description: 'The store, as for cardinal gateway (else CARDINAL_STORE).',
    },
    {
      name: 'data-dir',
      value: 'DIR',
      description: 'Where the store is (else CARDINAL_DATA_DIR, ./.cardinal).',
    },
    {
      name: 'config',
      value: 'FILE',
      description: 'As for cardinal gateway: tokens are in the data directory.',
    },
    ...ADMIN_FLAGS,
  ],
  positionals: [1, 2],
  exitCodes: [0, 1, 64, 65, 69, 78],
  async run(call) {
    const { token } = await import('./token.ts');
    return token(call);
  },
};
