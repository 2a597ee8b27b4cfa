/** The work of `cardinal token`. A token goes to standard output, once, and to no file and no log. */
import { CliError } from '../../shared/cli/cli-error.ts';
import type { Call, Io } from '../../shared/cli/command.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';
import type { ShownToken } from '../admin/access/issued-tokens.ts';
import { printable } from './sync/labels.ts';
import { openTokenStore, type TokenStore } from './token-store.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 7 * 86_400 };
/** Flags that say what a new token is. */
const OF_CREATE = ['role', 'name', 'expires', 'service', 'calls', 'uses'];

export async function token(call: Call): Promise<number> {
  const work = workOf(call);
  const store = await openTokenStore(call);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Finds what is wrong with the call before anything is opened. */
function workOf({ positionals, flags, io }: Call): (store: TokenStore) => Promise<number> {
  const [verb = '', id] = positionals;
  const json = flags.get('output') === 'json';
  if (verb !== 'create' && verb !== 'list' && verb !== 'revoke') {
    throw usage(`cardinal token ${printable(verb)}: there are create, list and revoke`);
  }
  if (verb !== 'create') {
    const flag = OF_CREATE.find((name) => flags.has(name));
    if (flag !== undefined) throw usage(`--${flag} is for cardinal token create`);
  }
  if (verb === 'revoke') {
    if (id === undefined)
      throw usage('cardinal token revoke needs an ID', 'all of them: cardinal token list');
    return (store) => revoke(store, id, io);
  }
  if (id !== undefined) throw usage(`unexpected argument '${printable(id)}'`);
  if (verb === 'list') return (store) => list(store, json, io);
  const body = requestOf(flags);
  return (store) => create(store, body, json, io);
}

function requestOf(flags: ReadonlyMap<string, string>): Readonly<Record<string, unknown>> {
  const role = flags.get('role');
  if (role === undefined) throw usage('--role ROLE is missing', 'read, write, admin, microgateway, gateway');
  const join = role === 'microgateway' || role === 'gateway';
  for (const name of join ? ['name'] : ['service', 'calls', 'uses']) {
    if (flags.has(name)) throw usage(`a token with the role ${role} has no --${name}`);
  }
  const body: Record<string, unknown> = { role };
  const expires = flags.get('expires');
  if (expires !== undefined) body['expires_in'] = secondsOf(expires);
  const uses = flags.get('uses');
  if (uses !== undefined) {
    if (!/^[1-9]\d{0,8}$/.test(uses))
      throw usage(`--uses must be a whole number of at least 1, not '${printable(uses)}'`);
    body['uses'] = Number(uses);
  }
  for (const name of ['name', 'service']) {
    const value = flags.get(name);
    if (value !== undefined) body[name] = value;
  }
  const calls = flags.get('calls');
  if (calls !== undefined && calls !== '*') {
    body['calls'] = calls
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
  }
  return body;
}

function secondsOf(text: string): number {
  const match = /^([1-9]\d{0,8})([smhdw])$/.exec(text);
  if (match === null) throw usage(`--expires must be like 12h, 30d or 8w, not '${printable(text)}'`);
  return Number(match[1]) * (UNITS[match[2] as string] as number);
}

async function create(
  store: TokenStore,
  body: Readonly<Record<string, unknown>>,
  json: boolean,
  io: Io,
): Promise<number> {
  const made = await store.create(body);
  if (json) io.write(`${JSON.stringify({ schemaVersion: 1, ...made }, null, 2)}\n`);
  else io.write(`${made.token}\n`);
  const name = typeof made['name'] === 'string' ? ` ${printable(made['name'])}` : '';
  const until = made.expires_at === null ? 'it does not expire' : `it expires ${timeText(made.expires_at)}`;
  io.writeError(
    `${io.err.green('ok')}  ${made.role} token${name} with the id ${made.id} in ${store.place}; ${until}. It is shown this once.\n`,
  );
  return EXIT.ok;
}

async function list(store: TokenStore, json: boolean, io: Io): Promise<number> {
  const tokens = await store.list();
  if (json) {
    io.write(`${JSON.stringify({ schemaVersion: 1, data: tokens }, null, 2)}\n`);
    return EXIT.ok;
  }
  if (tokens.length === 0) {
    io.writeError(`no tokens in ${store.place}\n`);
    return EXIT.ok;
  }
  const rows = tokens.map((one) => [one.id, one.role, aboutText(one), expiryText(one), usedText(one)]);
  io.write(table([['ID', 'ROLE', 'FOR', 'EXPIRES', 'USED'], ...rows]));
  return EXIT.ok;
}

async function revoke(store: TokenStore, id: string, io: Io): Promise<number> {
  if (!(await store.revoke(id))) {
    throw new CliError(`there is no token with the id ${printable(id)} in ${store.place}`, {
      help: ['all of them: cardinal token list'],
    });
  }
  io.writeError(`${io.err.green('ok')}  ${printable(id)} is revoked\n`);
  return EXIT.ok;
}

function aboutText(token: ShownToken): string {
  if (token.kind === 'admin') return printable(String(token['name']));
  const { service, calls } = token as { readonly service?: unknown; readonly calls?: unknown };
  const called = Array.isArray(calls) ? calls.join(',') : '*';
  return printable(`${typeof service === 'string' ? service : 'any service'}, calls ${called || 'none'}`);
}

function expiryText(token: ShownToken): string {
  if (token.expired) return token.kind === 'join' ? 'over' : 'expired';
  return token.expires_at === null ? 'never' : timeText(token.expires_at);
}

function usedText(token: ShownToken): string {
  if (token.kind === 'join') {
    const left = token['uses_left'];
    return typeof left === 'number' ? `${left} left` : 'any number';
  }
  const last = token['last_used_at'];
  return typeof last === 'number' ? timeText(last) : 'not yet';
}

/** `seconds`: Unix. */
function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/:\d\d\.\d+Z$/, 'Z');
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] as readonly string[]).map((_, i) =>
    Math.max(...rows.map((row) => (row[i] as string).length)),
  );
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i] as number))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function usage(message: string, ...help: string[]): CliError {
  return new CliError(message, {
    exitCode: EXIT.usage,
    help: [...help, 'all flags: cardinal token --help'],
  });
}
