/** Name-based UUIDs (version 5, RFC 9562), as Kong makes ids for entities that a file gives none. */

const { hash } = process.getBuiltinModule('node:crypto');

const KONG_NAMESPACE = 'fd02801f-0957-4a15-a55a-c8d9606f30b5';

export function uuid5(namespace: string, name: string): string {
  const bytes = Buffer.concat([Buffer.from(namespace.replaceAll('-', ''), 'hex'), Buffer.from(name, 'utf8')]);
  const digest = hash('sha1', bytes, 'hex');
  const variant = ((Number.parseInt(digest.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return (
    `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-` +
    `${variant}${digest.slice(18, 20)}-${digest.slice(20, 32)}`
  );
}

const namespaces = new Map<string, string>();

/** The id that Kong generates for this key of this collection. */
export function generatedId(collection: string, key: string): string {
  let namespace = namespaces.get(collection);
  if (namespace === undefined) {
    namespace = uuid5(KONG_NAMESPACE, collection);
    namespaces.set(collection, namespace);
  }
  return uuid5(namespace, key);
}
