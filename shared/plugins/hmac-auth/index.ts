/**
 * hmac-auth: a request is signed with a secret that never travels. What was signed is put together again from the
 * request as it came, and compared in constant time.
 */
import type { PluginEntity } from '../../config/entities.ts';
import { challenge, refusalWith } from '../challenge.ts';
import { type AccessExchange, definePlugin, type MaybePromise, type RequestView } from '../contract.ts';
import { parseHttpDate } from '../http-date.ts';
import { setAnonymous, setIdentity } from '../identity.ts';
import { sameSecret } from '../same-secret.ts';
import schema from './schema.ts';
import { readSignature, type SignatureParameters } from './signature-parameters.ts';
import { signingString } from './signing-string.ts';

const { createHash, createHmac } = process.getBuiltinModule('node:crypto');

const MAX_BODY_BYTES = 8 * 1024 * 1024;
const MISSING = 'Unauthorized';
const UNVERIFIABLE = 'HMAC signature cannot be verified';
const NO_DATE =
  'HMAC signature cannot be verified, a valid date or x-date header is required for HMAC Authentication';
const MISMATCH = 'HMAC signature does not match';
const DIGEST = /^SHA-256=([A-Za-z0-9+/]{43}=)$/i;
const NO_SECRET = '';

export default definePlugin({
  name: 'hmac-auth',
  version: '3.10.0',
  priority: 1030,
  schema,
  create(config, kit) {
    const { anonymous, hide_credentials: hide } = config;
    const anonymousConsumer = anonymous === null ? undefined : kit.directory.consumer(anonymous);
    const refusal = refusalWith(challenge('hmac', config.realm));
    const skewMs = config.clock_skew * 1000;
    const enforced = config.enforce_headers.map((name) => name.toLowerCase());
    /** Name in the header to name of the hash. */
    const hashes = new Map(config.algorithms.map((name) => [name as string, name.slice('hmac-'.length)]));

    function refuse(exchange: AccessExchange, message: string): void {
      if (anonymous === null) exchange.fail(401, message, refusal);
      else setAnonymous(exchange, anonymous, anonymousConsumer);
    }

    function isTimely(request: RequestView, header: string): boolean {
      const values = request.headers.getAll(header);
      // NaN, what is no date, is within no distance.
      return values.length === 1 && Math.abs(parseHttpDate(values[0]!) - kit.now()) <= skewMs;
    }

    /** Reads it out of the first header that has one; hides the headers that have been looked at. */
    function read({ headers }: RequestView): SignatureParameters | undefined {
      for (const name of ['proxy-authorization', 'authorization']) {
        const value = headers.get(name);
        if (value === undefined) continue;
        const parameters = readSignature(value);
        if (hide) headers.remove(name);
        if (parameters !== undefined) return parameters;
      }
      return undefined;
    }

    function covers(signed: readonly string[]): boolean {
      if (enforced.length === 0) return true;
      const names = new Set(signed.map((name) => name.toLowerCase()));
      return enforced.every((name) => names.has(name));
    }

    /** The credential, or what the refusal says. */
    function verify(request: RequestView): PluginEntity | string {
      const { headers } = request;
      if (!headers.has('authorization') && !headers.has('proxy-authorization')) return MISSING;
      if (!isTimely(request, 'x-date') && !isTimely(request, 'date')) return NO_DATE;
      const parameters = read(request);
      if (parameters === undefined) return UNVERIFIABLE;
      const hash = hashes.get(parameters.algorithm);
      if (hash === undefined || !covers(parameters.signed)) return UNVERIFIABLE;
      const row = kit.directory.entity('hmacauth_credentials', parameters.username);
      const secret = row?.['secret'];
      const known = row !== undefined && typeof secret === 'string' && secret !== '';
      const text = signingString(request, parameters.signed);
      const expected = createHmac(hash, known ? (secret as string) : NO_SECRET)
        .update(text, 'latin1')
        .digest();
      if (!known) return UNVERIFIABLE;
      return sameSecret(expected, parameters.signature) ? row : MISMATCH;
    }

    function accept(exchange: AccessExchange, row: PluginEntity): void {
      const owner = row.consumer?.id;
      const consumer = owner === undefined ? undefined : kit.directory.consumerById(owner);
      setIdentity(exchange, consumer, row, String(row['username']));
    }

    async function acceptWithBody(exchange: AccessExchange, row: PluginEntity): Promise<void> {
      const body = await exchange.request.readBody(MAX_BODY_BYTES);
      if (body === null) exchange.fail(413, 'Request size limit exceeded');
      else if (isDigestOf(exchange.request.headers.getAll('digest'), body)) accept(exchange, row);
      else refuse(exchange, MISMATCH);
    }

    return {
      access(exchange): MaybePromise {
        // With an anonymous consumer several authentication plugins are alternatives: one is enough.
        if (anonymous !== null && exchange.credential !== undefined) return;
        const result = verify(exchange.request);
        if (typeof result === 'string') refuse(exchange, result);
        else if (config.validate_request_body) return acceptWithBody(exchange, result);
        else accept(exchange, result);
      },
    };
  },
});

/** Only an empty body needs no digest. */
function isDigestOf(values: readonly string[], body: Buffer): boolean {
  if (values.length === 0) return body.length === 0;
  const match = values.length === 1 ? DIGEST.exec(values[0]!) : null;
  if (match === null) return false;
  return sameSecret(Buffer.from(match[1]!, 'base64'), createHash('sha256').update(body).digest());
}
