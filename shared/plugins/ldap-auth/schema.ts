/** Configuration of ldap-auth: Kong's fields. */
import { customCheck } from '../../config/schema/checks.ts';
import { boolean, integer, number, record, string } from '../../config/schema/field.ts';
import { hostField, portField } from '../../config/schema/formats.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';

const MAX_MS = 2 ** 31 - 2;

export const config = record(
  {
    ldap_host: hostField({ required: true, description: 'The host of the LDAP server.' }),
    ldap_port: portField({ required: true, default: 389, description: 'Its port.' }),
    ldaps: boolean({ required: true, default: false, description: 'Speaks TLS from the start.' }),
    start_tls: boolean({
      required: true,
      default: false,
      description: 'Asks for TLS before anything is said.',
    }),
    verify_ldap_host: boolean({
      required: true,
      default: false,
      description: 'Verifies the certificate of the server.',
    }),
    base_dn: string({ required: true, description: 'Where the entries of users are.' }),
    attribute: string({
      required: true,
      match: /^[A-Za-z][A-Za-z0-9-]*$|^\d+(?:\.\d+)+$/,
      description: 'The attribute that holds the user name, such as uid.',
    }),
    cache_ttl: number({
      required: true,
      default: 60,
      between: [0, 86_400],
      description: 'Seconds for which an answer of the server holds.',
    }),
    hide_credentials: boolean({
      required: true,
      default: false,
      description: 'Takes the credentials out of the request before it goes upstream.',
    }),
    timeout: number({
      default: 10_000,
      between: [1, MAX_MS],
      description: 'Milliseconds for which the server is waited for.',
    }),
    keepalive: integer({
      default: 60_000,
      between: [0, MAX_MS],
      description: 'Milliseconds for which an idle connection to the server is kept.',
    }),
    anonymous: string({
      description:
        'Id or username of the consumer that requests without valid credentials get; null refuses them.',
    }),
    header_type: string({
      default: 'ldap',
      match: /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/,
      description: 'The scheme of the Authorization header.',
    }),
    realm: string({ description: 'The realm in the WWW-Authenticate header of a refusal.' }),
  },
  { required: true },
);

export default {
  config,
  checks: [
    customCheck(['config.ldaps', 'config.start_tls'], (plugin, report) => {
      const { ldaps, start_tls } = plugin['config'] as {
        readonly ldaps?: unknown;
        readonly start_tls?: unknown;
      };
      if (ldaps === true && start_tls === true)
        report('@entity', "'ldaps' and 'start_tls' cannot be enabled simultaneously");
    }),
  ],
  noScope: ['consumer'],
  protocols: HTTP_PROTOCOLS,
} satisfies PluginSchema<typeof config.fields>;
