import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { resolveSettings } from '../resolve.ts';

const folder = mkdtempSync(join(tmpdir(), 'cardinal-setting-file-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function resolve(env: Record<string, string>, product: 'gateway' | 'microgateway' = 'microgateway') {
  return resolveSettings(product, new Map(), env);
}

test('a setting may be in a file, and knows that it came from there', () => {
  const { values, sources } = resolve({ CARDINAL_TOKEN_FILE: file('token', 'cjt1.secret\n') });
  assert.equal(values.token, 'cjt1.secret');
  assert.equal(sources.get('token')?.name, 'CARDINAL_TOKEN_FILE');
  const path = file('store', ' redis://:p%40ss@redis:6379/0 \n');
  assert.equal(
    resolve({ CARDINAL_STORE_FILE: path }, 'gateway').values.store,
    'redis://:p%40ss@redis:6379/0',
  );
  const prefix = file('prefix', '/var/lib/x');
  assert.equal(resolve({ CARDINAL_PREFIX_FILE: prefix }).values.data_dir, '/var/lib/x');
});

test('it is read like the value itself, and a flag goes before it', () => {
  const path = file('wrong', 'loud');
  assert.throws(() => resolve({ CARDINAL_LOG_LEVEL_FILE: path }), {
    name: 'SettingError',
    message: /^CARDINAL_LOG_LEVEL_FILE: must be one of .*, not 'loud'$/,
  });
  const flags = new Map([['log_level', 'warn']] as const);
  assert.equal(resolveSettings('gateway', flags, { CARDINAL_LOG_LEVEL_FILE: path }).values.log_level, 'warn');
});

test('a file that is missing, empty, a folder or too large stops the start, and says which it is', () => {
  const missing = join(folder, 'missing');
  assert.throws(() => resolve({ CARDINAL_TOKEN_FILE: missing }), {
    name: 'SettingError',
    message: `CARDINAL_TOKEN_FILE: ${missing} cannot be read: no such file`,
  });
  assert.throws(() => resolve({ CARDINAL_TOKEN_FILE: file('empty', ' \n') }), /empty is empty$/);
  assert.throws(() => resolve({ CARDINAL_TOKEN_FILE: folder }), /cannot be read: .*directory/);
  const large = file('large', 'secret'.repeat(20_000));
  assert.throws(
    () => resolve({ CARDINAL_TOKEN_FILE: large }),
    ({ message }: Error) => /more than 65536 bytes/.test(message) && !message.includes('secret'),
  );
});

test('a value and a file for it are one too many; an empty variable is none', () => {
  const path = file('both', 'a');
  assert.throws(
    () => resolve({ CARDINAL_TOKEN: 'b', CARDINAL_TOKEN_FILE: path }),
    /CARDINAL_TOKEN and CARDINAL_TOKEN_FILE exclude each other/,
  );
  assert.equal(resolve({ CARDINAL_TOKEN: '', CARDINAL_TOKEN_FILE: path }).values.token, 'a');
  assert.equal(resolve({ CARDINAL_TOKEN: 'b', CARDINAL_TOKEN_FILE: '' }).values.token, 'b');
});

test('only for settings that there are, and not under the prefix of Kong', () => {
  assert.throws(
    () => resolve({ CARDINAL_TOKENS_FILE: '/x' }),
    /CARDINAL_TOKENS_FILE: there is no such setting/,
  );
  const { values, notices } = resolve({ KONG_LOG_LEVEL_FILE: '/nowhere' });
  assert.equal(values.log_level, 'notice');
  assert.match(notices.join(), /KONG_LOG_LEVEL_FILE/);
  const other = resolve({ CARDINAL_STORE_FILE: '/nowhere' });
  assert.match(other.notices.join(), /CARDINAL_STORE_FILE is a setting of cardinal gateway/);
});
