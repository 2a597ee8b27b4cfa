/** `cardinal gateway`: what it takes. The gateway itself is in `run.ts`. */
import type { Command } from '../shared/cli/command.ts';

export const command: Command = {
  name: 'gateway',
  summary: 'run the edge gateway in the foreground',
  usage: '[--config FILE] [flags]',
  examples: [
    ['cardinal gateway --config kong.yml', 'serve a Kong file on 0.0.0.0:8000; Admin API on 127.0.0.1:8001'],
    ['cardinal gateway', 'start empty; send a configuration to POST http://127.0.0.1:8001/config'],
    [
      'CARDINAL_TRUSTED_IPS=10.0.0.0/8 cardinal gateway --config kong.yml --proxy-listen 0.0.0.0:80 --workers auto',
      'behind a load balancer, one worker per core',
    ],
  ],
  settings: 'gateway',
  flags: [],
  positionals: [0, 0],
  exitCodes: [0, 1, 64, 65, 69, 78, 130, 143],
  async run(call) {
    const { runGateway } = await import('./run.ts');
    return runGateway(call);
  },
};
