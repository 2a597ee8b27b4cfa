/** Which Admin API a command speaks to, and as whom. */
import type { OwnFlag } from '../../shared/cli/command.ts';

export const ADMIN_FLAGS: readonly OwnFlag[] = [
  {
    name: 'admin-url',
    value: 'URL',
    description: 'The Admin API (else CARDINAL_ADMIN_URL, KONG_ADMIN_URL, http://127.0.0.1:8001).',
  },
  {
    name: 'admin-token',
    value: 'TOKEN',
    description: 'Its token (else CARDINAL_ADMIN_TOKEN, which other users of this machine do not see).',
  },
];

/** How a command that shows something shows it. */
export const OUTPUT_FLAG: OwnFlag = {
  name: 'output',
  short: 'o',
  value: 'FORMAT',
  oneOf: ['text', 'json'],
  description: 'text (default) or json.',
};
