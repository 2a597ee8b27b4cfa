/** Looks whether a Redis server is set up to keep what it is given. It may not say so; then nothing is said. */
import type { RedisConnection } from './connection.ts';

/** Sentences for whoever runs the gateway. */
export async function doubtsAbout(connection: RedisConnection): Promise<readonly string[]> {
  let info: string;
  try {
    info = await connection.call((redis) => redis.info());
  } catch {
    return [];
  }
  const values = new Map(info.split('\r\n').map((line) => line.split(':', 2) as [string, string]));
  const doubts: string[] = [];
  if (values.get('aof_enabled') === '0') {
    doubts.push(
      'this Redis has no append-only file: a restart loses what was written after its last snapshot (set appendonly yes)',
    );
  }
  const policy = values.get('maxmemory_policy') ?? 'noeviction';
  if (policy.startsWith('allkeys-') && Number(values.get('maxmemory')) > 0) {
    doubts.push(
      `this Redis may throw the configuration away when it runs out of memory (maxmemory-policy ${policy}; set noeviction)`,
    );
  }
  return doubts;
}
