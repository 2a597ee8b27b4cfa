import assert from 'node:assert/strict';
import { test } from 'node:test';
import { styleOf, wantsColour, wrap } from '../terminal.ts';

test('colour only on a terminal that can, unless somebody says otherwise', () => {
  const terminal = { isTTY: true };
  assert.equal(wantsColour(terminal, {}), true);
  assert.equal(wantsColour({}, {}), false);
  assert.equal(wantsColour(terminal, { NO_COLOR: '1' }), false);
  assert.equal(wantsColour(terminal, { NO_COLOR: '' }), true);
  assert.equal(wantsColour({}, { FORCE_COLOR: '1' }), true);
  assert.equal(wantsColour(terminal, { FORCE_COLOR: '0' }), false);
  assert.equal(wantsColour(terminal, { CI: 'true' }), false);
  assert.equal(wantsColour(terminal, { TERM: 'dumb' }), false);
  assert.equal(wantsColour(terminal, {}, 'never'), false);
  assert.equal(wantsColour({}, { NO_COLOR: '1' }, 'always'), true);
});

test('without colour text stays as it is', () => {
  assert.equal(styleOf({}, {}).red('x'), 'x');
  assert.equal(styleOf({ isTTY: true }, {}).red('x'), '\u001b[31mx\u001b[39m');
});

test('wrapping breaks at spaces alone', () => {
  assert.deepEqual(wrap('aa bb cc', 5), ['aa bb', 'cc']);
  assert.deepEqual(wrap('aaaaaaaa b', 3), ['aaaaaaaa', 'b']);
});
