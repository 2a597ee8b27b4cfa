/**
 * jwt: signed tokens (RFC 7515, 7519, 8725). The credential that the token names decides on algorithm and key; the
 * token only has to fit. A token that has been verified is remembered as long as this configuration lives, and its times
 * are looked at on every request.
 */
import type { Consumer, PluginEntity } from '../../config/entities.ts';
import { BoundedCache } from '../bounded-cache.ts';
import { quotable } from '../challenge.ts';
import { type AccessExchange, definePlugin, type ExitOptions } from '../contract.ts';
import { setAnonymous, setIdentity, setNoIdentity } from '../identity.ts';
import { type ClaimRules, readTimes, type TimeLimits } from './claims.ts';
import { CredentialKeys } from './credential-key.ts';
import { findToken, SEVERAL, type TokenPlaces } from './find-token.ts';
import { Issuer } from './issuer.ts';
import schema from './schema.ts';
import { signatureHolds } from './signature.ts';
import { own, parseToken, type Token } from './token.ts';

/** Together a few megabytes at most. Longer tokens are verified on every request. */
const MAX_REMEMBERED_TOKENS = 2048;
const MAX_REMEMBERED_LENGTH = 2048;
const NO_TOKEN = refusal('Unauthorized');
const NO_KEYS: Refused = {
  status: 503,
  body: JSON.stringify({ message: 'The keys of the issuer are not available' }),
};
const SEVERAL_TOKENS = refusal('Multiple tokens provided');

interface Verified {
  readonly consumer: Consumer;
  readonly credential: PluginEntity;
  readonly identifier: string;
  readonly times: TimeLimits;
  /** Of the key set that it was verified with; 0: with a credential's own key. */
  readonly version: number;
}

/** Kong's body of the refusal: a message, or messages by claim. */
interface Refused {
  readonly status: 401 | 503;
  readonly body: string;
}

export default definePlugin({
  name: 'jwt',
  version: '3.10.0',
  priority: 1450,
  schema,
  create(config, kit) {
    const { anonymous } = config;
    const anonymousConsumer = anonymous === null ? undefined : kit.directory.consumer(anonymous);
    const claimName = config.key_claim_name;
    const places: TokenPlaces = {
      queryArgs: config.uri_param_names,
      cookies: config.cookie_names,
      headers: config.header_names,
    };
    const rules: ClaimRules = {
      required: new Set(config.claims_to_verify ?? []),
      maximumExpiration: config.maximum_expiration,
    };
    const issuer = config.issuer === null ? undefined : new Issuer(config.issuer, rules, kit);
    const keys = new CredentialKeys(config.secret_is_base64, kit.log);
    const remembered = new BoundedCache<Verified>(MAX_REMEMBERED_TOKENS);
    const realm = config.realm === null ? '' : `realm="${quotable(config.realm)}"`;
    const withoutToken = json(realm === '' ? 'Bearer' : `Bearer ${realm}`);
    const withToken = json(`Bearer ${realm === '' ? '' : `${realm}, `}error="invalid_token"`);

    function verify(text: string, nowSeconds: number): Verified | Refused {
      const token = parseToken(text);
      if (typeof token === 'string') return refusal(token);
      if (issuer?.claims(token)) return verifyIssued(issuer, token, nowSeconds);
      const identifier = own(token.claims, claimName) ?? own(token.header, claimName);
      if (identifier === undefined || identifier === null)
        return refusal(`No mandatory '${claimName}' in claims`);
      if (typeof identifier !== 'string' || identifier === '')
        return refusal(`Invalid '${claimName}' in claims`);
      const credential = kit.directory.entity('jwt_secrets', identifier);
      if (credential === undefined) return refusal(`No credentials found for given '${claimName}'`);
      const { algorithm, key } = keys.of(credential);
      if (token.algorithm !== algorithm) return refusal('Invalid algorithm');
      if (key === undefined) return refusal('Invalid key/secret');
      if (!signatureHolds(token, algorithm, key)) return refusal('Invalid signature');
      const times = readTimes(token.claims, rules, nowSeconds);
      if ('errors' in times) return { status: 401, body: JSON.stringify(times.errors) };
      const owner = credential.consumer?.id;
      const consumer = owner === undefined ? undefined : kit.directory.consumerById(owner);
      if (consumer === undefined) return refusal(`Could not find consumer for '${claimName}=${identifier}'`);
      return { consumer, credential, identifier, times, version: 0 };
    }

    /** A token of the issuer whose keys are fetched. */
    function verifyIssued(from: Issuer, token: Token, nowSeconds: number): Verified | Refused {
      const result = from.verify(token, nowSeconds);
      if (result === 'unavailable') return NO_KEYS;
      if ('message' in result) return refusal(result.message);
      if ('errors' in result) return { status: 401, body: JSON.stringify(result.errors) };
      return { ...result, version: from.version };
    }

    function holds({ times, version }: Verified, nowSeconds: number): boolean {
      if (nowSeconds >= times.exp || nowSeconds < times.nbf) return false;
      return version === 0 || version === issuer?.version;
    }

    function refuse(exchange: AccessExchange, { status, body }: Refused, options: ExitOptions): void {
      if (anonymous !== null) {
        setAnonymous(exchange, anonymous, anonymousConsumer);
        return;
      }
      exchange.exit(status, body, options);
    }

    return {
      access(exchange) {
        if (!config.run_on_preflight && exchange.request.method === 'OPTIONS') {
          setNoIdentity(exchange);
          return;
        }
        // With an anonymous consumer several authentication plugins are alternatives: one is enough.
        if (anonymous !== null && exchange.credential !== undefined) return;
        const text = findToken(exchange.request, places);
        if (text === undefined) {
          refuse(exchange, NO_TOKEN, withoutToken);
          return;
        }
        if (text === SEVERAL) {
          refuse(exchange, SEVERAL_TOKENS, withToken);
          return;
        }
        const nowSeconds = kit.now() / 1000;
        const known = remembered.get(text);
        if (known !== undefined && holds(known, nowSeconds)) {
          setIdentity(exchange, known.consumer, known.credential, known.identifier);
          return;
        }
        const verified = verify(text, nowSeconds);
        if ('body' in verified) {
          if (known !== undefined) remembered.delete(text);
          refuse(exchange, verified, withToken);
          return;
        }
        // A copy: the text is a part of the whole head, which would be kept with it.
        if (text.length <= MAX_REMEMBERED_LENGTH) {
          remembered.set(Buffer.from(text, 'latin1').toString('latin1'), verified);
        }
        setIdentity(exchange, verified.consumer, verified.credential, verified.identifier);
      },
    };
  },
});

function refusal(message: string): Refused {
  return { status: 401, body: JSON.stringify({ message }) };
}

function json(challenge: string): ExitOptions {
  return {
    headers: [
      ['WWW-Authenticate', challenge],
      ['Content-Type', 'application/json; charset=utf-8'],
    ],
  };
}
