/** Which log lines of the demo's processes are shown, and how. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownLine } from '../log-line.ts';

const line = (level: string, message: string, fields = {}) =>
  JSON.stringify({ time: '2026-01-01T00:00:00.000Z', level, component: 'config', message, ...fields });

test('what goes wrong and what changes is shown', () => {
  assert.equal(
    shownLine('edge gateway', line('notice', 'configuration reloaded', { entities: 12, hash: 'x' })),
    '  [edge gateway] notice: configuration reloaded entities=12',
  );
  assert.equal(
    shownLine('a', line('error', 'it broke', { first: 'why' })),
    '  [a] error: it broke first=why',
  );
  assert.equal(shownLine('a', 'TypeError: not JSON'), '  [a] TypeError: not JSON');
  assert.equal(shownLine('a', '{ not JSON either'), '  [a] { not JSON either');
});

test('what the banner says already, and details, are not', () => {
  for (const hidden of ['gateway ready', 'microgateway ready', 'draining', 'stopped'])
    assert.equal(shownLine('a', line('notice', hidden)), undefined);
  assert.equal(shownLine('a', line('info', 'a detail')), undefined);
  assert.equal(shownLine('a', ''), undefined);
});
