/** The flags that dump, diff and apply share. */
import type { OwnFlag } from '../../../shared/cli/command.ts';
import { ADMIN_FLAGS } from '../admin-flags.ts';

export const SYNC_FLAGS: readonly OwnFlag[] = [
  ...ADMIN_FLAGS,
  { name: 'select-tag', value: 'TAG,...', description: 'Only entities that have all of these tags.' },
  { name: 'plugin-paths', value: 'PATH,...', description: 'Own plugins (else CARDINAL_PLUGIN_PATHS).' },
];
