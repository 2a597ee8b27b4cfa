/** Where a plugin stands in the catalogue. One that is not named here is an own one; none is ever left out. */

export const CATEGORIES = [
  'Authentication',
  'Security',
  'Traffic control',
  'Transformation',
  'Logging & metrics',
  'Custom',
] as const;
export type Category = (typeof CATEGORIES)[number];

const KNOWN: Readonly<Record<Exclude<Category, 'Custom'>, readonly string[]>> = {
  Authentication: [
    'key-auth',
    'basic-auth',
    'jwt',
    'hmac-auth',
    'ldap-auth',
    'oauth2',
    'oauth2-introspection',
    'session',
    'acme',
  ],
  Security: ['acl', 'bot-detection', 'cors', 'ip-restriction', 'standard-webhooks', 'request-validator'],
  'Traffic control': [
    'rate-limiting',
    'response-ratelimiting',
    'request-size-limiting',
    'request-termination',
    'proxy-cache',
    'canary',
    'mirror',
    'redirect',
    'fault-injection',
  ],
  Transformation: [
    'request-transformer',
    'response-transformer',
    'correlation-id',
    'grpc-web',
    'grpc-gateway',
    'pre-function',
    'post-function',
    'ai-proxy',
  ],
  'Logging & metrics': [
    'file-log',
    'http-log',
    'tcp-log',
    'udp-log',
    'syslog',
    'loggly',
    'statsd',
    'datadog',
    'prometheus',
    'opentelemetry',
    'zipkin',
  ],
};

const BY_NAME = new Map(
  Object.entries(KNOWN).flatMap(([category, names]) =>
    names.map((name) => [name, category as Category] as const),
  ),
);

export function categoryOf(plugin: string): Category {
  return BY_NAME.get(plugin) ?? 'Custom';
}
