/**
 * basic-auth: user name and password (RFC 7617). Passwords are only ever compared as digests, in constant time,
 * and an unknown user costs what a wrong password costs.
 */
import { type BasicCredentials, readBasicCredentials } from '../basic-credentials.ts';
import { challenge, refusalWith } from '../challenge.ts';
import { type AccessExchange, definePlugin } from '../contract.ts';
import { setAnonymous, setIdentity } from '../identity.ts';
import { sameSecret } from '../same-secret.ts';
import schema, { passwordDigest } from './schema.ts';

const NOBODY = '00000000-0000-0000-0000-000000000000';
const NO_DIGEST = Buffer.alloc(20);

export default definePlugin({
  name: 'basic-auth',
  version: '3.10.0',
  priority: 1100,
  schema,
  create(config, kit) {
    const { anonymous, hide_credentials: hide } = config;
    const refusal = refusalWith(challenge('Basic', config.realm));
    const anonymousConsumer = anonymous === null ? undefined : kit.directory.consumer(anonymous);

    function read(exchange: AccessExchange, header: string): BasicCredentials | undefined {
      const { headers } = exchange.request;
      const value = headers.get(header);
      if (value === undefined) return undefined;
      if (hide) headers.remove(header);
      return readBasicCredentials(value, 'basic');
    }

    /** True when it is known who asks. */
    function authenticate(exchange: AccessExchange): boolean {
      let given = read(exchange, 'proxy-authorization');
      let row = given && kit.directory.entity('basicauth_credentials', given.username);
      if (row === undefined) {
        given = read(exchange, 'authorization') ?? given;
        row = given && kit.directory.entity('basicauth_credentials', given.username);
      }
      if (given === undefined) return false;
      const owner = row?.consumer?.id ?? NOBODY;
      const stored = row?.['password'];
      const digest = typeof stored === 'string' ? Buffer.from(stored, 'hex') : NO_DIGEST;
      if (!sameSecret(passwordDigest(given.password, owner), digest) || row === undefined) return false;
      setIdentity(exchange, kit.directory.consumerById(owner), row, given.username);
      return true;
    }

    return {
      access(exchange) {
        // With an anonymous consumer several authentication plugins are alternatives: one is enough.
        if (anonymous !== null && exchange.credential !== undefined) return;
        if (authenticate(exchange)) return;
        if (anonymous === null) exchange.fail(401, 'Unauthorized', refusal);
        else setAnonymous(exchange, anonymous, anonymousConsumer);
      },
    };
  },
});
