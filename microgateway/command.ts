/** `cardinal microgateway`: what it takes. The microgateway itself is in `run.ts`. */
import type { Command } from '../shared/cli/command.ts';

export const command: Command = {
  name: 'microgateway',
  summary: 'run a microgateway beside one service',
  usage: '--service NAME --to URL [--config FILE | --control-plane URL --token TOKEN] [flags]',
  examples: [
    [
      'cardinal microgateway --config kong.yml --service orders --to http://127.0.0.1:3000',
      'front the service orders on port 8000; it calls others through http://127.0.0.1:8010',
    ],
    [
      'cardinal microgateway --control-plane https://gateway:8005 --token cjt1... --service orders --to http://127.0.0.1:3000 --calls payments',
      'configured by a control plane; serves from disk while that is away',
    ],
    [
      'HTTP_PROXY=http://127.0.0.1:8010 node orders.js',
      'a service that uses the outbound side as its HTTP proxy',
    ],
    [
      'CARDINAL_SERVICE=orders CARDINAL_TO=http://127.0.0.1:3000 cardinal microgateway --outbound-listen off',
      'inbound only, without a configuration of its own',
    ],
  ],
  settings: 'microgateway',
  flags: [],
  positionals: [0, 0],
  exitCodes: [0, 1, 64, 65, 69, 78, 130, 143],
  async run(call) {
    const { runMicrogateway } = await import('./run.ts');
    return runMicrogateway(call);
  },
};
