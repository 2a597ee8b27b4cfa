/** Which configuration a microgateway has: its file, or the one service it was told about. */

import type { Io } from '../shared/cli/command.ts';
import { renderInvalid } from '../shared/cli/render-outcome.ts';
import type { Finding } from '../shared/config/declarative/finding.ts';
import type { Configuration } from '../shared/config/entities.ts';
import type { LocalTarget } from '../shared/config/settings/types.ts';
import type { ConfigurationReader } from '../shared/config/source/reader.ts';

export interface StartConfiguration {
  readonly configuration: Configuration;
  readonly warnings: readonly Finding[];
}

export async function startConfiguration(
  path: string,
  service: string,
  to: LocalTarget,
  reader: ConfigurationReader,
  io: Io,
): Promise<StartConfiguration> {
  const outcome =
    path === ''
      ? await reader.readObject({
          _format_version: '3.0',
          services: [
            {
              name: service,
              protocol: to.protocol,
              host: to.host,
              port: to.port,
              routes: [{ name: service, paths: ['/'], strip_path: false }],
            },
          ],
        })
      : await reader.readFile(path);
  if (!outcome.ok) throw renderInvalid(outcome, path === '' ? `--service ${service}` : path, io);
  return { configuration: outcome.configuration, warnings: outcome.warnings };
}

/** True when there is a service of that name. */
export function knowsService(configuration: Configuration, service: string): boolean {
  return configuration.services.some((one) => one.name === service);
}
