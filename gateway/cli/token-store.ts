/**
 * Where tokens are made and revoked: the store of a gateway, which need not run, or its Admin API. Both speak of tokens
 * in the Admin API's terms.
 */
import { CliError } from '../../shared/cli/cli-error.ts';
import type { Call } from '../../shared/cli/command.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';
import { resolveSettings } from '../../shared/config/settings/resolve.ts';
import type { SettingName } from '../../shared/config/settings/table.ts';
import { IssuedTokens, type ShownToken } from '../admin/access/issued-tokens.ts';
import { WrongTokenRequest } from '../admin/access/token-request.ts';
import { AdminTokens, TokenRefused } from '../admin/access/tokens.ts';
import { openStore } from '../store/open.ts';
import { documentStore, type StoreSettings } from '../store-place.ts';
import { AdminClient, AdminRefusal } from './admin-client.ts';

export interface TokenStore {
  /** For messages. */
  readonly place: string;
  create(body: Readonly<Record<string, unknown>>): Promise<ShownToken & { readonly token: string }>;
  list(): Promise<readonly ShownToken[]>;
  /** False when there was none. */
  revoke(id: string): Promise<boolean>;
  close(): Promise<void>;
}

const STORE_FLAGS = new Map<string, SettingName>([
  ['store', 'store'],
  ['data-dir', 'data_dir'],
  ['config', 'declarative_config'],
]);

/** Rejects with a CliError. */
export function openTokenStore(call: Call): Promise<TokenStore> {
  const { flags } = call;
  const local = [...STORE_FLAGS.keys()].find((name) => flags.has(name));
  if (!flags.has('admin-url') && !flags.has('admin-token')) return storeOnDisk(call);
  if (local !== undefined) {
    throw new CliError(`--${local} and --admin-url exclude each other`, { exitCode: EXIT.usage });
  }
  return Promise.resolve(throughAdminApi(new AdminClient(flags, call.io.env)));
}

function throughAdminApi(client: AdminClient): TokenStore {
  const expect = async (method: string, path: string, body?: unknown) => {
    try {
      return await client.expect(method, path, body);
    } catch (error) {
      if (error instanceof AdminRefusal && error.status !== 404) throw new CliError(error.message);
      throw error;
    }
  };
  return {
    place: client.address,
    create: async (body) =>
      (await expect('POST', '/_cardinal/tokens', body)) as ShownToken & { readonly token: string },
    list: async () => ((await expect('GET', '/_cardinal/tokens')) as { data: readonly ShownToken[] }).data,
    async revoke(id) {
      try {
        await expect('DELETE', `/_cardinal/tokens/${encodeURIComponent(id)}`);
        return true;
      } catch (error) {
        if (error instanceof AdminRefusal) return false;
        throw error;
      }
    },
    close: async () => {},
  };
}

async function storeOnDisk({ flags, io }: Call): Promise<TokenStore> {
  const given = new Map<SettingName, string>();
  for (const [flag, setting] of STORE_FLAGS) {
    const value = flags.get(flag);
    if (value !== undefined) given.set(setting, value);
  }
  const settings = resolveSettings('gateway', given, io.env).values;
  const location = locationOf(settings, io.cwd);
  const store = await openStore(location, {
    warn: (message) => io.writeError(`${io.err.yellow('warning')}: ${message}\n`),
  }).catch((error: unknown) => {
    const { name, message } = error as Error;
    throw new CliError(`the store cannot be used: ${message}`, {
      exitCode: name === 'StoreLocationError' ? EXIT.setting : EXIT.config,
      help: ['where it is: --data-dir DIR or --store STORE', 'through a running gateway: --admin-url URL'],
      cause: error,
    });
  });
  // Whoever is at the store can always make another token: no rule about the first and the last one is needed.
  const issued = new IssuedTokens(new AdminTokens(store), store);
  const orCliError = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      const known = error instanceof WrongTokenRequest || error instanceof TokenRefused;
      if (!known && (error as Error).name !== 'StoreUnavailable') throw error;
      throw new CliError((error as Error).message, { cause: error });
    }
  };
  return {
    place: store.location,
    async create(body) {
      const { token, text } = await orCliError(issued.issue(body, 'cardinal token', true));
      return { ...token, token: text };
    },
    list: () => orCliError(issued.list()),
    revoke: async (id) => (await orCliError(issued.revoke(id, () => false))) !== undefined,
    close: () => store.close(),
  };
}

function locationOf(settings: StoreSettings, cwd: string): string {
  const location = documentStore(settings, cwd);
  if (location !== 'memory') return location;
  throw new CliError('a store in memory is known to its own process alone', {
    exitCode: EXIT.usage,
    help: ['through the running gateway: --admin-url http://127.0.0.1:8001'],
  });
}
