/** `cardinal health`: what it takes. The work is in `ask-health.ts`. */
import type { Command } from '../command.ts';

export const command: Command = {
  name: 'health',
  summary: 'is the gateway or microgateway on this machine ready',
  usage: '[flags]',
  examples: [
    ['cardinal health', 'for the HEALTHCHECK of a container: exit code 0 when it is ready, 1 when it is not'],
    ['cardinal health --live', 'does the process answer at all'],
    ['cardinal health --url http://127.0.0.1:8101', 'where the status address was given as a flag'],
  ],
  flags: [
    {
      name: 'url',
      value: 'URL',
      description: 'The status listener (else status_listen of the environment, 127.0.0.1:8100).',
    },
    { name: 'live', value: true, description: 'Ask for /livez instead of /readyz.' },
  ],
  positionals: [0, 0],
  exitCodes: [0, 1, 64, 78],
  async run(call) {
    const { askHealth } = await import('./ask-health.ts');
    return askHealth(call);
  },
};
