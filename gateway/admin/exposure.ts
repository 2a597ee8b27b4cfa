/**
 * Whether the Admin API may be bound where it is asked to be. It asks for no credentials, and whoever reaches it
 * controls all traffic: beyond this machine it is opened only to those who say so in words.
 */
import { CliError } from '../../shared/cli/cli-error.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';
import { isLoopback, showAddress } from '../../shared/config/settings/listen.ts';
import type { Settings } from '../../shared/config/settings/settings.ts';
import type { Logger } from '../../shared/observe/logger.ts';

/** Throws a CliError before anything is bound. */
export function checkExposure(
  settings: Pick<Settings, 'admin_listen' | 'admin_insecure'>,
  log: Pick<Logger, 'warn'>,
): void {
  const exposed = settings.admin_listen.filter((address) => !isLoopback(address.host)).map(showAddress);
  if (exposed.length === 0) return;
  const [verb, shown] = [exposed.length === 1 ? 'is' : 'are', exposed.join(', ')];
  if (!settings.admin_insecure) {
    throw new CliError(
      `admin_listen: ${shown} ${verb} not on this machine alone, and the Admin API asks for no credentials`,
      {
        exitCode: EXIT.setting,
        help: [
          'listen on 127.0.0.1:8001 (the default)',
          'or, where only machines reach it that may do everything: --admin-insecure or CARDINAL_ADMIN_INSECURE=on',
        ],
      },
    );
  }
  log.warn('the Admin API can be reached from other machines and asks for no credentials', {
    addresses: exposed,
    because: 'admin_insecure is on',
  });
}
