/**
 * The work of `cardinal health`: one bounded request to a status listener. It runs every few seconds within the memory of
 * the container that it asks about, so it loads as little as it can (no fetch).
 */
import type { ListenAddress } from '../../config/settings/listen.ts';
import { resolveSettings } from '../../config/settings/resolve.ts';
import { CliError, systemErrorText } from '../cli-error.ts';
import type { Call, Io } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

const { request } = process.getBuiltinModule('node:http');

const TIMEOUT_MS = 3_000;
const MAX_BYTES = 64 * 1024;

/** Resolves with the exit code: 0 when it says yes. */
export async function askHealth({ flags, io }: Call): Promise<number> {
  const given = flags.get('url');
  const base = given === undefined ? statusUrl(io) : parsedUrl(given);
  const path = flags.has('live') ? '/livez' : '/readyz';
  const { status, body } = await ask(new URL(path, base));
  if (status === 200) {
    io.write(`${flags.has('live') ? 'alive' : 'ready'}\n`);
    return EXIT.ok;
  }
  throw new CliError(`${base.host} is not ready: ${reasons(body) ?? `status ${status}`}`);
}

function parsedUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || url.protocol !== 'http:' || url.hostname === '') {
    throw new CliError(`--url: not an address like http://127.0.0.1:8100`, { exitCode: EXIT.usage });
  }
  return url;
}

/** Of the process that has the same environment. */
function statusUrl({ env }: Io): URL {
  const [address] = resolveSettings('gateway', new Map(), env).values.status_listen;
  if (address === undefined || address.port === 0) {
    throw new CliError('status_listen of the environment says no address that could be asked', {
      exitCode: EXIT.usage,
      help: ['name it: --url http://127.0.0.1:8100'],
    });
  }
  return new URL(`http://${reached(address)}:${address.port}`);
}

/** A listener on every address is asked on this machine's own. */
function reached({ host }: ListenAddress): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function ask(url: URL): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      const code = (error as NodeJS.ErrnoException).code;
      const why = code === 'ECONNREFUSED' ? 'nothing listens there' : systemErrorText(error);
      reject(new CliError(`${url.host} does not answer: ${why}`));
    };
    const outgoing = request(url, { agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) }, (incoming) => {
      let body = '';
      incoming.setEncoding('utf8');
      incoming.on('error', fail);
      incoming.on('data', (piece: string) => {
        body += piece;
        if (body.length > MAX_BYTES) incoming.destroy(new Error('the answer is too large'));
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body }));
    });
    outgoing.on('error', (error) =>
      fail(
        error.name === 'AbortError' || error.name === 'TimeoutError' ? new Error('it takes too long') : error,
      ),
    );
    outgoing.end();
  });
}

/** What `/readyz` says; undefined when it is something else that answered. */
function reasons(body: string): string | undefined {
  try {
    const { reasons: list } = JSON.parse(body) as { reasons?: readonly { message?: unknown }[] };
    const messages = (list ?? []).map(({ message }) => message).filter((one) => typeof one === 'string');
    return messages.length === 0 ? undefined : messages.join('; ').replace(/[\x00-\x1f\x7f]/g, ' ');
  } catch {
    return undefined;
  }
}
