/** Where the Admin API may be bound, and what has to be true before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListen } from '../../../../shared/config/settings/listen.ts';
import { checkExposure } from '../../exposure.ts';

async function outcome(
  listen: string,
  mode: 'auto' | 'on' | 'off',
  tokens: number | undefined,
  insecure = false,
): Promise<string> {
  const said: string[] = [];
  const log = {
    warn: (message: string) => void said.push(`warn: ${message}`),
    notice: (message: string) => void said.push(`notice: ${message}`),
  };
  const settings = { admin_listen: parseListen(listen), admin_auth: mode, admin_insecure: insecure };
  try {
    await checkExposure(settings, tokens === undefined ? undefined : async () => tokens, log);
    return said.join('\n');
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}

test('on this machine alone nothing needs to be said', async () => {
  for (const listen of ['127.0.0.1:8001', '[::1]:8001, localhost:8002', 'off'])
    for (const mode of ['auto', 'off'] as const) assert.equal(await outcome(listen, mode, undefined), '');
});

test('for others it has to ask for a token, or it is said in words', async () => {
  const all = '127.0.0.1:8001, 0.0.0.0:8001';
  for (const [mode, tokens] of [
    ['auto', 0],
    ['auto', undefined],
    ['off', 3],
  ] as const) {
    assert.match(await outcome(all, mode, tokens), /^refused: admin_listen: 0\.0\.0\.0:8001 is not on this/);
    assert.match(await outcome(all, mode, tokens, true), /^warn: .*asks for no credentials/);
  }
  assert.match(await outcome(all, 'auto', 1), /^notice: .*does no TLS itself/);
  assert.match(await outcome(all, 'on', 1), /^notice: .*does no TLS itself/);
  assert.match(await outcome(all, 'on', 0), /^notice: .*cardinal token create --role admin/);
});

test('on needs a place for tokens, wherever it listens', async () => {
  assert.match(await outcome('127.0.0.1:8001', 'on', undefined), /^refused: .*nowhere to keep tokens/);
});
