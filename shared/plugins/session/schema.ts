/** Configuration of session: Kong's fields, with the names of its older versions, and secrets that were. */
import {
  array,
  boolean,
  integer,
  number,
  record,
  type Shorthand,
  set,
  string,
} from '../../config/schema/field.ts';
import { brokenCookieName } from '../../config/schema/formats.ts';
import { PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';

export const SHOWN = [
  'id',
  'audience',
  'subject',
  'timeout',
  'idling-timeout',
  'rolling-timeout',
  'absolute-timeout',
] as const;
export type Shown = (typeof SHOWN)[number];

const METHODS = ['DELETE', 'GET', 'POST'] as const;

/** Attribute values of a cookie (RFC 6265 section 4.1.1): nothing that could begin another attribute. */
function brokenAttribute(text: string): string | undefined {
  return /^[\x20-\x3a\x3c-\x7e]+$/.test(text) ? undefined : `invalid value: ${text}`;
}

function renamed(to: string, schema: Shorthand['schema']): Shorthand {
  return {
    description: `Old name of ${to}.`,
    schema,
    expand: (value) => ({ [to]: value }),
  };
}

const seconds = (preset: number, description: string) =>
  number({ default: preset, between: [0, 0x7fff_ffff], description });

export const config = record(
  {
    secret: string({
      auto: true,
      encrypted: true,
      referenceable: true,
      description: 'What cookies are sealed with; made up at each load of a file that does not give it.',
    }),
    previous_secrets: array(string(), {
      encrypted: true,
      lenMax: 4,
      description: 'Secrets that were; their cookies are still read, and sealed anew.',
    }),
    storage: string({
      default: 'cookie',
      oneOf: ['cookie', 'kong'] as const,
      description: 'Where sessions are kept. Only cookie is available.',
    }),
    audience: string({
      default: 'default',
      description: 'Sessions of another audience are not sessions here.',
    }),
    idling_timeout: seconds(900, 'Seconds without a request after which a session is over; 0 for any.'),
    rolling_timeout: seconds(
      3600,
      'Seconds after which a session is over unless it has been renewed; 0 for any.',
    ),
    absolute_timeout: seconds(86_400, 'Seconds after which a session is over in any case; 0 for any.'),
    stale_ttl: number({
      default: 10,
      between: [0, 0x7fff_ffff],
      noEffect: 'sessions are in cookies, and there is no storage in which a replaced one could stay valid',
      description: 'How long a replaced session stays valid in a storage; a cookie has no storage.',
    }),
    cookie_name: string({
      default: 'session',
      custom: brokenCookieName,
      description: 'The name of the cookie.',
    }),
    cookie_path: string({ default: '/', startsWith: '/', custom: brokenAttribute, description: 'Its Path.' }),
    cookie_domain: string({ custom: brokenAttribute, description: 'Its Domain.' }),
    cookie_same_site: string({
      default: 'Strict',
      oneOf: ['Strict', 'Lax', 'None', 'Default'] as const,
      description: 'Its SameSite; Default leaves it to the browser.',
    }),
    cookie_http_only: boolean({ default: true, description: 'Scripts do not see it.' }),
    cookie_secure: boolean({ default: true, description: 'Browsers send it over https alone.' }),
    remember: boolean({
      default: false,
      description: 'A second cookie survives the browser and begins a new session.',
    }),
    remember_cookie_name: string({
      default: 'remember',
      custom: brokenCookieName,
      description: 'The name of the second cookie.',
    }),
    remember_rolling_timeout: seconds(604_800, 'Like rolling_timeout, of the second cookie.'),
    remember_absolute_timeout: seconds(2_592_000, 'Like absolute_timeout, of the second cookie.'),
    response_headers: set(string({ oneOf: SHOWN }), {
      description: 'What the client is told of its session, in Session-* headers.',
    }),
    request_headers: set(string({ oneOf: SHOWN }), {
      description: 'What the upstream is told of the session, in Session-* headers.',
    }),
    read_body_for_logout: boolean({
      default: false,
      description: 'Looks for logout_post_arg in bodies of at most 64 KiB.',
    }),
    logout_methods: set(string({ oneOf: METHODS }), {
      default: ['POST', 'DELETE'],
      description: 'Methods of requests that may end a session.',
    }),
    logout_query_arg: string({
      default: 'session_logout',
      description: 'A query argument of this name ends the session.',
    }),
    logout_post_arg: string({
      default: 'session_logout',
      description: 'A body argument of this name ends the session.',
    }),
    hash_subject: boolean({ default: false, description: 'Only for storage kong, which is not available.' }),
    store_metadata: boolean({
      default: false,
      description: 'Only for storage kong, which is not available.',
    }),
  },
  {
    required: true,
    shorthands: {
      cookie_lifetime: renamed('rolling_timeout', number()),
      cookie_idletime: renamed('idling_timeout', number()),
      cookie_discard: renamed('stale_ttl', number()),
      cookie_httponly: renamed('cookie_http_only', boolean()),
      cookie_persistent: renamed('remember', boolean()),
      cookie_samesite: {
        description: 'Old name of cookie_same_site; off is Lax.',
        schema: string({ oneOf: ['Strict', 'Lax', 'None', 'off'] }),
        expand: (value) => ({ cookie_same_site: value === 'off' ? 'Lax' : value }),
      },
      cookie_renew: {
        description: 'Kong once had it; it means nothing.',
        schema: integer(),
        expand: () => ({}),
      },
    },
  },
);

export default {
  config,
  noScope: ['consumer'],
  protocols: PROTOCOLS,
} satisfies PluginSchema<typeof config.fields>;
