/**
 * Why an address cannot be listened on, said once for all listeners: which address, who has it, which flag
 * and environment variable change it.
 */
import { CliError, systemErrorText } from '../cli/cli-error.ts';
import { EXIT } from '../cli/exit-codes.ts';
import { type ListenAddress, showAddress } from '../config/settings/listen.ts';
import { environmentName, type ResolvedSettings } from '../config/settings/resolve.ts';
import { SETTINGS, type SettingName } from '../config/settings/table.ts';
import { portOwner } from './port-owner.ts';

export async function listenFailure(
  error: unknown,
  address: Pick<ListenAddress, 'host' | 'port'>,
  setting: SettingName,
  resolved: ResolvedSettings,
): Promise<CliError> {
  const shown = showAddress(address);
  const flag = `--${SETTINGS.get(setting)?.flag ?? setting}`;
  const source = resolved.sources.get(setting)?.name ?? 'the default';
  const elsewhere = `use another address: ${flag} HOST:PORT or ${environmentName(setting)} (now set by ${source})`;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE') {
    const owner = await portOwner(address.port);
    const by = owner === undefined ? '' : ` by pid ${owner.pid} (${owner.command})`;
    return new CliError(`cannot listen on ${shown}: the address is in use${by}`, {
      exitCode: EXIT.unavailable,
      help: [elsewhere],
    });
  }
  if (code === 'EACCES') {
    return new CliError(`cannot listen on ${shown}: permission denied`, {
      exitCode: EXIT.failed,
      help: [
        elsewhere,
        'ports below 1024 need a privilege: setcap cap_net_bind_service=+ep on the node binary, or sysctl net.ipv4.ip_unprivileged_port_start',
      ],
    });
  }
  return new CliError(`cannot listen on ${shown}: ${systemErrorText(error)}`, {
    exitCode: EXIT.unavailable,
    help: [elsewhere],
    cause: error,
  });
}

/** The address that failed, where the error knows it. */
export function failedAddress(error: unknown, addresses: readonly ListenAddress[]): ListenAddress {
  const known = (error as { listen?: ListenAddress }).listen;
  if (known !== undefined) return known;
  const port = (error as { port?: number }).port;
  return addresses.find((address) => address.port === port) ?? (addresses[0] as ListenAddress);
}
