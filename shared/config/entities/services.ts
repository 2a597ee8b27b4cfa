/** Services: where requests go. Kong's fields and rules, with the `url` shorthand. */
import { conditional } from '../schema/checks.ts';
import { array, boolean, foreign, integer, record, string } from '../schema/field.ts';
import { hostField, nameField, pathField, portField, uuidField } from '../schema/formats.ts';
import { PROTOCOLS } from '../schema/protocols.ts';
import { createdAt, id, tags, updatedAt } from './columns.ts';
import { define } from './definition.ts';

const timeout = (what: string) =>
  integer({ default: 60000, between: [1, 2147483646], description: `${what}, in milliseconds.` });

const withoutTls = string({ oneOf: PROTOCOLS.filter((p) => p !== 'https' && p !== 'tls') });

/** Without TLS to the upstream, settings of that TLS must be absent. */
function tlsOnly(field: string, thenMatch: Parameters<typeof conditional>[0]['thenMatch']) {
  return conditional({ ifField: 'protocol', ifMatch: withoutTls, thenField: field, thenMatch });
}

const fields = {
  id,
  created_at: createdAt,
  updated_at: updatedAt,
  name: nameField({ unique: true, description: 'Name of the service.' }),
  retries: integer({
    default: 5,
    between: [0, 32767],
    description: 'How often a failed attempt is repeated on another endpoint.',
  }),
  protocol: string({
    required: true,
    default: 'http',
    oneOf: PROTOCOLS,
    description: 'Protocol spoken to the upstream.',
  }),
  host: hostField({
    required: true,
    description: 'Host of the upstream: a DNS name, an IP address, or the name of an upstream entity.',
  }),
  port: portField({ required: true, default: 80, description: 'Port of the upstream.' }),
  path: pathField({ description: 'Path put before the path of each request.' }),
  connect_timeout: timeout('Longest wait for a connection to the upstream'),
  write_timeout: timeout('Longest pause between two writes to the upstream'),
  read_timeout: timeout('Longest pause between two reads from the upstream'),
  tags,
  client_certificate: foreign('certificates', {
    description: 'Certificate presented to the upstream in the TLS handshake.',
  }),
  tls_verify: boolean({
    description: "Whether the upstream's certificate is verified; null uses the gateway's setting.",
  }),
  tls_verify_depth: integer({
    between: [0, 64],
    description: 'Longest chain of certificates accepted from the upstream.',
  }),
  ca_certificates: array(uuidField({}), {
    description: 'Ids of the CA certificates that are trusted for the upstream.',
  }),
  enabled: boolean({
    required: true,
    default: true,
    description: 'A disabled service makes its routes disappear.',
  }),
} as const;

/** The parts of a URL, as the shorthand sets them; undefined when it cannot be understood. */
export function partsOfUrl(
  url: string,
): { protocol: string; host: string; port: number; path: string | null } | undefined {
  const match =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?\/\/(?:[^@/?#]*@)?(\[[^\]/?#]*\]|[^:/?#]*)(?::(\d*))?(\/[^?#]*)?/.exec(
      url,
    );
  if (match === null) return undefined;
  const [, scheme, host, portText, path] = match;
  if (host === undefined || host === '') return undefined;
  const given = portText === undefined || portText === '' ? undefined : Number(portText);
  const protocol = scheme?.toLowerCase() ?? (given === 443 ? 'https' : 'http');
  return { protocol, host, port: given ?? (protocol === 'https' ? 443 : 80), path: path ?? null };
}

export const services = define({
  collection: 'services',
  endpointKey: 'name',
  cacheKey: undefined,
  schema: record(fields, {
    checks: [
      conditional({
        ifField: 'protocol',
        ifMatch: string({ oneOf: ['tcp', 'tls', 'udp', 'grpc', 'grpcs'] }),
        thenField: 'path',
        thenMatch: string({ eq: null }),
      }),
      tlsOnly('client_certificate', string({ eq: null })),
      tlsOnly('tls_verify', boolean({ eq: null })),
      tlsOnly('tls_verify_depth', integer({ eq: null })),
      tlsOnly('ca_certificates', array(string(), { eq: null })),
    ],
    shorthands: {
      url: {
        description: 'Sets protocol, host, port and path at once.',
        schema: string(),
        expand: (value) => (typeof value === 'string' ? (partsOfUrl(value) ?? {}) : {}),
      },
    },
  }),
});
