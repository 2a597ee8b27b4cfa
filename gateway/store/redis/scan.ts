/** Reads a hash in steps that hold Redis up for a moment only, however large the hash is. */
import type { RedisConnection } from './connection.ts';

/** Fields in one step. */
const COUNT = 300;

/** All fields that were there all the time; of those that came, went or changed meanwhile, some. */
export async function scanHash(connection: RedisConnection, key: string): Promise<Map<string, string>> {
  const fields = new Map<string, string>();
  let cursor = '0';
  do {
    const [next, found] = await connection.call((redis) => redis.hscan(key, cursor, 'COUNT', COUNT));
    for (let at = 0; at < found.length; at += 2) fields.set(found[at]!, found[at + 1]!);
    cursor = next;
  } while (cursor !== '0');
  return fields;
}
