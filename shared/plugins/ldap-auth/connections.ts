/**
 * Binds to an LDAP server (RFC 4511 section 4.2) over a bounded number of connections, some of which are kept. A
 * connection that has been lost is never made anew under way: with start_tls the password would go in clear.
 */
import type { Client, ResultCodeError } from 'ldapts';

const { createRequire } = process.getBuiltinModule('node:module');
const net = process.getBuiltinModule('node:net');
const tls = process.getBuiltinModule('node:tls');
// As CommonJS: its ES modules import all of Node's modules by name, which costs memory beside every service.
const ldapts: typeof import('ldapts') = createRequire(import.meta.url)('ldapts');

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly security: 'none' | 'ldaps' | 'start_tls';
  readonly verify: boolean;
  /** For a whole bind: connecting, TLS, the answer. */
  readonly timeoutMs: number;
  readonly keepaliveMs: number;
}

const MAX_BINDS = 32;
const MAX_IDLE = 8;

/** Result codes that say something about the server or about us, not about the user (RFC 4511 appendix A). */
const NO_VERDICT: ReadonlySet<number> = new Set([1, 2, 3, 7, 8, 13, 51, 52, 80]);

interface Idle {
  readonly client: Client;
  readonly timer: NodeJS.Timeout;
}

export class LdapConnections {
  readonly #options: ConnectionOptions;
  readonly #idle: Idle[] = [];
  #binds = 0;
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Whether the server takes the password. Rejects when it does not say so. An empty password is no bind at all. */
  async bind(dn: string, password: string): Promise<boolean> {
    if (password === '') return false;
    if (this.#binds >= MAX_BINDS)
      throw new Error(`more than ${MAX_BINDS} questions to the LDAP server at a time`);
    this.#binds++;
    try {
      const kept = this.#take();
      if (kept !== undefined) {
        const verdict = await this.#bindOn(kept, dn, password).catch(() => undefined);
        // The server may have closed it just now.
        if (verdict !== undefined) return verdict;
      }
      return await this.#bindOn(this.#open(), dn, password);
    } finally {
      this.#binds--;
    }
  }

  close(): void {
    this.#closed = true;
    for (const { client, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      void end(client);
    }
  }

  #take(): Client | undefined {
    for (let kept = this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
      clearTimeout(kept.timer);
      if (kept.client.isConnected) return kept.client;
      void end(kept.client);
    }
    return undefined;
  }

  #keep(client: Client): void {
    const { keepaliveMs } = this.#options;
    if (this.#closed || keepaliveMs === 0 || this.#idle.length >= MAX_IDLE || !client.isConnected) {
      void end(client);
      return;
    }
    const timer = setTimeout(() => {
      this.#idle.splice(
        this.#idle.findIndex((one) => one.client === client),
        1,
      );
      void end(client);
    }, keepaliveMs);
    timer.unref();
    this.#idle.push({ client, timer });
  }

  #open(): Client {
    const { host, port, security, timeoutMs } = this.#options;
    let opened = false;
    const once = <F>(connect: F): F => {
      if (opened) throw new Error('the connection to the LDAP server has been lost');
      opened = true;
      return connect;
    };
    const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
    return new ldapts.Client({
      url: `${security === 'ldaps' ? 'ldaps' : 'ldap'}://${name}:${port}`,
      timeout: timeoutMs,
      connectTimeout: timeoutMs,
      strictDN: false,
      createConnection: ((...args: unknown[]) =>
        (once(net.connect) as (...args: unknown[]) => unknown)(...args)) as typeof net.connect,
      // The library takes options of TLS for the wish to begin with it.
      ...(security === 'ldaps' && {
        tlsOptions: this.#tlsOptions(),
        createSecureConnection: ((...args: unknown[]) =>
          (once(tls.connect) as (...args: unknown[]) => unknown)(...args)) as typeof tls.connect,
      }),
    });
  }

  #tlsOptions(): { rejectUnauthorized: boolean; servername?: string } {
    const { host, verify } = this.#options;
    return { rejectUnauthorized: verify, ...(net.isIP(host) === 0 && { servername: host }) };
  }

  async #bindOn(client: Client, dn: string, password: string): Promise<boolean> {
    const { security, timeoutMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no answer of the LDAP server within ${timeoutMs} ms`)),
        timeoutMs,
      );
    });
    try {
      const secured = security === 'start_tls' && !client.isConnected;
      const bound = async () => {
        if (secured) await client.startTLS(this.#tlsOptions());
        await client.bind(dn, password);
      };
      const work = bound();
      // Whoever is late is not listened to any more.
      work.catch(() => {});
      await Promise.race([work, late]);
      this.#keep(client);
      return true;
    } catch (error) {
      const code = (error as Partial<ResultCodeError>).code;
      if (error instanceof ldapts.ResultCodeError && code !== undefined && !NO_VERDICT.has(code)) {
        this.#keep(client);
        return false;
      }
      void end(client);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Never rejects. */
async function end(client: Client): Promise<void> {
  try {
    await client.unbind();
  } catch {
    // It is gone all the same.
  }
}
