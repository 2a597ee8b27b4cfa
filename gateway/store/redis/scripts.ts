/**
 * What happens in Redis happens in these scripts: Redis runs each as a whole, so that nobody sees half a commit and
 * two replicas cannot both make the same generation. A script that fails half-way is not undone, so each first
 * reads every key that it will write: a key of a wrong type ends it before anything has changed.
 *
 * All keys of a store have one hash tag and so lie on one node of a cluster:
 *   {prefix}:head              hash: format, generation, token, node, hash
 *   {prefix}:entities          hash: "<collection> <id>" -> JSON
 *   {prefix}:history           list, newest first: "<token> <commit as JSON>"
 *   {prefix}:abandoned:<token> a commit that must not be written any more, for a day
 *   {prefix}:documents:<kind>  hash: key -> "<version> <end in ms, 0: never> <JSON>"
 *   {prefix}:ends:<kind>       sorted set: key by its end
 * Numbers go back as text: Lua writes large ones with an exponent.
 */

export interface RedisScript {
  readonly source: string;
  readonly keys: number;
}

/** Version of the layout above. */
export const FORMAT = '1';

/** Room for the token before a commit in the history: a UUID and a blank. */
export const TOKEN_LENGTH = 36;

const READ_GENERATION = `
local format = redis.call('HGET', KEYS[1], 'format')
if format and format ~= '${FORMAT}' then return {'format', format} end
local shown = redis.call('HGET', KEYS[1], 'generation') or '0'
local generation = tonumber(shown)
if not generation then return {'damaged'} end
`;

/**
 * KEYS head, entities, history, abandoned. ARGV channel, generation, token, node, hash, commit, length of the
 * history, number of entities to put, their fields and values, fields to delete. Answers `done`, or `conflict` and
 * the generation, `abandoned`, `format`, `damaged`. The same token a second time is `done`: the first answer was
 * lost on its way.
 */
export const COMMIT: RedisScript = {
  keys: 4,
  source: `${READ_GENERATION}
redis.call('HLEN', KEYS[2])
redis.call('LLEN', KEYS[3])
local wanted = tonumber(ARGV[2])
if generation >= wanted then
  local entry = redis.call('LINDEX', KEYS[3], generation - wanted)
  if entry and string.sub(entry, 1, ${TOKEN_LENGTH}) == ARGV[3] then return {'done'} end
end
if generation ~= wanted - 1 then return {'conflict', shown} end
if redis.call('EXISTS', KEYS[4]) == 1 then return {'abandoned'} end
redis.call('LPUSH', KEYS[3], ARGV[3] .. ' ' .. ARGV[6])
redis.call('LTRIM', KEYS[3], 0, tonumber(ARGV[7]) - 1)
local at = 9
for _ = 1, tonumber(ARGV[8]) do
  redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1])
  at = at + 2
end
while at <= #ARGV do
  redis.call('HDEL', KEYS[2], ARGV[at])
  at = at + 1
end
redis.call('HSET', KEYS[1], 'format', '${FORMAT}', 'generation', ARGV[2], 'token', ARGV[3], 'node', ARGV[4], 'hash', ARGV[5])
-- A user without the right to publish here does not make a commit fail that is written: others find it by looking.
redis.pcall('PUBLISH', ARGV[1], ARGV[3])
return {'done'}
`,
};

/**
 * Says for good what became of a commit whose answer did not come: it may still be on its way, in the buffers of a
 * frozen server or a network. KEYS head, history, abandoned. ARGV generation, token, seconds. Answers `written`,
 * `abandoned` (it was not, and never will be), or `unknown` (so many commits came after it that it is not kept).
 */
export const SETTLE: RedisScript = {
  keys: 3,
  source: `${READ_GENERATION}
local wanted = tonumber(ARGV[1])
if generation >= wanted then
  local entry = redis.call('LINDEX', KEYS[2], generation - wanted)
  if not entry then return {'unknown'} end
  if string.sub(entry, 1, ${TOKEN_LENGTH}) == ARGV[2] then return {'written'} end
end
redis.call('SET', KEYS[3], '1', 'EX', ARGV[3])
return {'abandoned'}
`,
};

/**
 * A part of the history. KEYS head, history. ARGV first generation (0: the newest), step (1 or -1), how many
 * characters at most. Answers `commits`, the newest generation, the first one that is in it and the entries;
 * or `size`, the newest generation, and how long the first entry is, when it is longer than that.
 */
export const READ_COMMITS: RedisScript = {
  keys: 2,
  source: `${READ_GENERATION}
local first = tonumber(ARGV[1])
if first == 0 then first = generation end
local at = first
local room = tonumber(ARGV[3])
local entries = {}
while at <= generation do
  local entry = redis.call('LINDEX', KEYS[2], generation - at)
  if not entry then break end
  if #entry > room then
    if #entries == 0 then return {'size', shown, string.format('%.0f', #entry)} end
    break
  end
  room = room - #entry
  entries[#entries + 1] = entry
  at = at + tonumber(ARGV[2])
end
return {'commits', shown, string.format('%.0f', first), entries}
`,
};

const CLOCK = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** KEYS any, for the node that is asked. Answers milliseconds since the epoch by the clock that documents end by. */
export const NOW: RedisScript = { keys: 1, source: `${CLOCK} return string.format('%.0f', now)` };

const READ_DOCUMENT = `${CLOCK}
local stored = redis.call('HGET', KEYS[1], ARGV[1])
local version, ends
if stored then
  version, ends = string.match(stored, '^(%d+) (%d+) ')
  if version and ends ~= '0' and tonumber(ends) <= now then
    stored = false
    version = nil
  end
end
`;

/** KEYS documents. ARGV key. Answers the stored text, or nothing. */
export const GET_DOCUMENT: RedisScript = { keys: 1, source: `${READ_DOCUMENT} return stored` };

/**
 * KEYS documents, ends. ARGV key, JSON, expected version or '', milliseconds to live or ''. Answers `done` and the
 * version, or `conflict` and the version that is there. What stands there and cannot be read counts as version 0
 * for a writer who expects nothing, so that it can be repaired.
 */
export const PUT_DOCUMENT: RedisScript = {
  keys: 2,
  source: `${READ_DOCUMENT}
redis.call('ZCARD', KEYS[2])
if ARGV[3] ~= '' and (version or (stored and '?' or '0')) ~= ARGV[3] then
  return {'conflict', version or (stored and '?' or '0')}
end
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now), 'LIMIT', 0, 100)) do
  redis.call('HDEL', KEYS[1], key)
  redis.call('ZREM', KEYS[2], key)
end
local next = string.format('%.0f', (tonumber(version) or 0) + 1)
local till = '0'
if ARGV[4] ~= '' then till = string.format('%.0f', now + tonumber(ARGV[4])) end
redis.call('HSET', KEYS[1], ARGV[1], next .. ' ' .. till .. ' ' .. ARGV[2])
if till == '0' then redis.call('ZREM', KEYS[2], ARGV[1]) else redis.call('ZADD', KEYS[2], till, ARGV[1]) end
return {'done', next}
`,
};

/** KEYS documents, ends. ARGV key. Answers 1 when there was one. */
export const DELETE_DOCUMENT: RedisScript = {
  keys: 2,
  source: `${READ_DOCUMENT}
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[1], ARGV[1])
return stored and 1 or 0
`,
};
