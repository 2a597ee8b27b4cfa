/**
 * ldap-auth: user name and password are those of a directory. There is no consumer: the upstream is told the user
 * name. A server that does not answer lets nobody through.
 */
import { readBasicCredentials } from '../basic-credentials.ts';
import { challenge, refusalWith } from '../challenge.ts';
import { type AccessExchange, definePlugin, type MaybePromise } from '../contract.ts';
import { setAnonymous, setIdentity } from '../identity.ts';
import { LdapDirectory } from './directory.ts';
import schema from './schema.ts';

const { hash } = process.getBuiltinModule('node:crypto');
const { isUtf8 } = process.getBuiltinModule('node:buffer');

const MAX_LENGTH = 1024;

interface Credentials {
  readonly username: string;
  readonly password: string;
}

export default definePlugin({
  name: 'ldap-auth',
  version: '3.10.0',
  priority: 1200,
  schema,
  create(config, kit) {
    const { now } = kit;
    const { anonymous, hide_credentials: hide } = config;
    const anonymousConsumer = anonymous === null ? undefined : kit.directory.consumer(anonymous);
    const scheme = config.header_type.toLowerCase();
    // Upper case for the default alone: Kong, for the sake of old clients.
    const shown = config.header_type === 'ldap' ? 'LDAP' : config.header_type;
    const refusal = refusalWith(challenge(shown, config.realm));
    const options = {
      host: config.ldap_host,
      port: config.ldap_port,
      security: config.ldaps ? 'ldaps' : config.start_tls ? 'start_tls' : 'none',
      verify: config.verify_ldap_host,
      attribute: config.attribute,
      baseDn: config.base_dn,
      cacheTtlMs: config.cache_ttl * 1000,
      timeoutMs: config.timeout,
      keepaliveMs: config.keepalive,
    } as const;
    const directory = kit.keep(
      `ldap-auth ${hash('sha256', JSON.stringify(options), 'hex')}`,
      () => new LdapDirectory(options, now),
      closeDirectory,
    );

    function read(exchange: AccessExchange, header: string): Credentials | undefined {
      const value = exchange.request.headers.get(header);
      const given = value === undefined ? undefined : readBasicCredentials(value, scheme);
      // Without a password a server would take the bind for an anonymous one, and say yes (RFC 4513 section 5.1.2).
      if (given === undefined || given.password.length === 0 || !isUtf8(given.password)) return undefined;
      if (given.username.length > MAX_LENGTH || given.password.length > MAX_LENGTH) return undefined;
      return { username: given.username, password: given.password.toString('utf8') };
    }

    function accept(exchange: AccessExchange, { username }: Credentials): void {
      const { headers } = exchange.request;
      if (hide) {
        headers.remove('authorization');
        headers.remove('proxy-authorization');
      }
      setIdentity(exchange, undefined, { id: username, created_at: 0, username }, username);
    }

    function refuse(exchange: AccessExchange): void {
      if (anonymous === null) exchange.fail(401, 'Unauthorized', refusal);
      else setAnonymous(exchange, anonymous, anonymousConsumer);
    }

    function failed(exchange: AccessExchange, error: unknown): void {
      kit.log.error('the LDAP server gives no answer', {
        reason: error instanceof Error ? error.message : String(error),
      });
      exchange.fail(500, 'An unexpected error occurred');
    }

    /** The first that the directory knows; `at` is where to begin. */
    function tryAll(exchange: AccessExchange, all: readonly Credentials[], at: number): MaybePromise {
      const given = all[at];
      if (given === undefined) {
        refuse(exchange);
        return;
      }
      const answer = directory.check(given.username, given.password);
      if (typeof answer !== 'boolean') {
        return answer.then(
          (valid) => (valid ? accept(exchange, given) : tryAll(exchange, all, at + 1)),
          (error: unknown) => failed(exchange, error),
        );
      }
      if (!answer) return tryAll(exchange, all, at + 1);
      accept(exchange, given);
    }

    return {
      access(exchange): MaybePromise {
        // With an anonymous consumer several authentication plugins are alternatives: one is enough.
        if (anonymous !== null && exchange.credential !== undefined) return;
        const proxy = read(exchange, 'proxy-authorization');
        const direct = read(exchange, 'authorization');
        return tryAll(
          exchange,
          [proxy, direct].filter((one) => one !== undefined),
          0,
        );
      },
    };
  },
});

// Out here, because it is kept: within create it would hold on to the configuration that was.
function closeDirectory(kept: LdapDirectory): void {
  kept.close();
}
