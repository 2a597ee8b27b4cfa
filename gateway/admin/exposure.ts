/**
 * Whether the Admin API may be bound where it is asked to be. Whoever may use it controls all traffic: beyond this
 * machine it is opened only when it asks for a token, or to those who say in words that it need not.
 */
import { CliError } from '../../shared/cli/cli-error.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';
import { isLoopback, showAddress } from '../../shared/config/settings/listen.ts';
import type { Settings } from '../../shared/config/settings/settings.ts';
import type { Logger } from '../../shared/observe/logger.ts';

/**
 * Rejects with a CliError before anything is bound. `countTokens` is asked when it matters; undefined: there is no store
 * to keep tokens in.
 */
export async function checkExposure(
  settings: Pick<Settings, 'admin_listen' | 'admin_insecure' | 'admin_auth'>,
  countTokens: (() => Promise<number>) | undefined,
  log: Pick<Logger, 'warn' | 'notice'>,
): Promise<void> {
  if (settings.admin_listen.length === 0) return;
  if (settings.admin_auth === 'on') {
    if (countTokens === undefined) {
      throw new CliError('admin_auth is on, and without a store there is nowhere to keep tokens', {
        exitCode: EXIT.setting,
        help: ['give it a store: --store sqlite:PATH', 'or CARDINAL_ADMIN_AUTH=auto'],
      });
    }
    if ((await countTokens()) === 0) {
      log.notice(
        'the Admin API asks for a token and there is none: cardinal token create --role admin makes one',
      );
    }
  }
  const exposed = settings.admin_listen.filter((address) => !isLoopback(address.host)).map(showAddress);
  if (exposed.length === 0) return;
  const { admin_auth: mode } = settings;
  const tokens = mode === 'auto' && countTokens !== undefined ? await countTokens() : 0;
  if (mode === 'on' || tokens > 0) {
    log.notice(
      'the Admin API can be reached from other machines: it asks for a token, and does no TLS itself',
      {
        addresses: exposed,
      },
    );
    return;
  }
  const [verb, shown] = [exposed.length === 1 ? 'is' : 'are', exposed.join(', ')];
  if (!settings.admin_insecure) {
    throw new CliError(
      `admin_listen: ${shown} ${verb} not on this machine alone, and the Admin API asks for no credentials`,
      {
        exitCode: EXIT.setting,
        help: [
          'listen on 127.0.0.1:8001 (the default)',
          ...(mode === 'off' || countTokens === undefined
            ? []
            : ['or let it ask for a token: cardinal token create --role admin']),
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
