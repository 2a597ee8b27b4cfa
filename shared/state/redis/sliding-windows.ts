/**
 * The sliding windows of `../sliding-windows.ts` in Redis: one script counts in all windows of an identity or in none, so
 * they hold over any number of nodes. The time is the nodes' own; their clocks should agree to a tenth of a window.
 */
import { allowanceOf, SLICES, type SlidingLimit, type SlidingUsage, sliceMsOf } from '../sliding-windows.ts';
import type { SharedState } from './shared-state.ts';

const { hash } = process.getBuiltinModule('node:crypto');

/**
 * KEYS: a hash for each window, its fields are slices. ARGV: 1 to count refused requests, then for each window: slice, part
 * of it that has gone by, limit, allowance, milliseconds to live. Returns who refused (from 0, or -1) and for each window
 * what counts (as text: it may have a fraction) and how many slices ago the oldest count is.
 */
const SCRIPT = `
local refused = -1
local earlier = {}
local answer = {}
for w = 1, #KEYS do
  local at = (w - 1) * 5 + 1
  local slice = tonumber(ARGV[at + 1])
  local fields = {}
  for ago = ${SLICES}, 0, -1 do fields[#fields + 1] = string.format('%d', slice - ago) end
  local counts = redis.call('HMGET', KEYS[w], unpack(fields))
  local sum = 0
  local oldest = 0
  for i = 1, ${SLICES} do
    local count = tonumber(counts[i] or 0)
    if count > 0 then
      if oldest == 0 then oldest = ${SLICES} + 1 - i end
      if i == 1 then count = count - math.min(count * tonumber(ARGV[at + 2]), tonumber(ARGV[at + 4])) end
      sum = sum + count
    end
  end
  local now = tonumber(counts[${SLICES + 1}] or 0)
  if refused < 0 and now >= tonumber(ARGV[at + 3]) - sum then refused = w - 1 end
  earlier[w] = sum + now
  answer[w * 2] = oldest
end
for w = 1, #KEYS do
  if refused < 0 or ARGV[1] == '1' then
    local at = (w - 1) * 5 + 1
    local slice = tonumber(ARGV[at + 1])
    local count = redis.call('HINCRBY', KEYS[w], string.format('%d', slice), 1)
    redis.call('PEXPIRE', KEYS[w], ARGV[at + 5])
    if count == 1 then
      local gone = {}
      for ago = ${SLICES + 1}, ${SLICES * 2 + 2} do gone[#gone + 1] = string.format('%d', slice - ago) end
      redis.call('HDEL', KEYS[w], unpack(gone))
    end
    earlier[w] = earlier[w] + 1
  end
  answer[w * 2 - 1] = tostring(earlier[w])
end
table.insert(answer, 1, refused)
return answer
`;
const SCRIPT_HASH = hash('sha1', SCRIPT, 'hex');

export class RedisSlidingWindows {
  readonly #limits: readonly SlidingLimit[];
  readonly #state: SharedState;
  readonly #prefix: string;

  constructor(limits: readonly SlidingLimit[], state: SharedState, prefix: string) {
    this.#limits = limits;
    this.#state = state;
    this.#prefix = prefix;
  }

  /** As `SlidingWindows.take`. Rejects with RedisUnavailable. */
  async take(identity: string, nowMs: number, penalty: boolean, out: SlidingUsage): Promise<number> {
    // One place in a cluster for all windows of an identity, and no character of a client in a key.
    const tag = `${this.#prefix}:{${hash('sha256', identity, 'base64url').slice(0, 22)}}`;
    const keys: string[] = [];
    const args: (string | number)[] = [penalty ? 1 : 0];
    for (const { name, sizeMs, limit } of this.#limits) {
      const sliceMs = sliceMsOf(sizeMs);
      const slice = Math.floor(nowMs / sliceMs);
      keys.push(tag + name);
      const gone = (nowMs - slice * sliceMs) / sliceMs;
      args.push(slice, gone, limit, allowanceOf(limit), Math.ceil(sizeMs + sliceMs));
    }
    const answer = await this.#state.run(async (client) => {
      try {
        return (await client.evalsha(SCRIPT_HASH, keys.length, ...keys, ...args)) as (number | string)[];
      } catch (error) {
        if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
        return (await client.eval(SCRIPT, keys.length, ...keys, ...args)) as (number | string)[];
      }
    });
    for (let index = 0; index < this.#limits.length; index++) {
      const { sizeMs } = this.#limits[index]!;
      const sliceMs = sliceMsOf(sizeMs);
      const slice = Math.floor(nowMs / sliceMs);
      out.used[index] = Number(answer[1 + index * 2]);
      out.resetMs[index] = (slice - Number(answer[2 + index * 2]) + 1) * sliceMs + sizeMs - nowMs;
    }
    return Number(answer[0]);
  }
}
