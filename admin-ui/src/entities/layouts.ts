/** Which fields of a kind stand first in its form. The others follow in the order of the schema, folded. */
import type { FormLayout } from '../form/schema-form.tsx';

const LAYOUTS: Readonly<Record<string, FormLayout>> = {
  services: { basic: ['name', 'protocol', 'host', 'port', 'path', 'enabled', 'tags'] },
  routes: { basic: ['name', 'service', 'methods', 'hosts', 'paths', 'strip_path', 'protocols', 'tags'] },
  plugins: { basic: ['enabled', 'instance_name', 'service', 'route', 'consumer'], hidden: ['name'] },
  consumers: { basic: ['username', 'custom_id', 'tags'] },
  upstreams: { basic: ['name', 'algorithm', 'healthchecks', 'tags'] },
  targets: { basic: ['target', 'weight', 'tags'], hidden: ['upstream'] },
  certificates: { basic: ['cert', 'key', 'snis', 'tags'] },
  ca_certificates: { basic: ['cert', 'tags'], hidden: ['cert_digest'] },
  snis: { basic: ['name', 'certificate', 'tags'] },
  keys: { basic: ['name', 'kid', 'set', 'jwk', 'pem', 'tags'] },
  key_sets: { basic: ['name', 'tags'] },
  vaults: { basic: ['prefix', 'name', 'description', 'config', 'tags'] },
};

export function layoutOf(collection: string): FormLayout {
  return LAYOUTS[collection] ?? { basic: [], hidden: ['consumer'] };
}
