import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../config/declarative/finding.ts';
import { renderFindings, renderGithub } from '../render-findings.ts';
import { styleOf } from '../terminal.ts';

const plain = styleOf({}, { LANG: 'C' });
const text = 'services:\n- name: a\n  routs: []\n';
const finding: Finding = {
  code: 'CD1005',
  severity: 'error',
  message: 'unknown field `routs`',
  file: 'kong.yml',
  line: 3,
  column: 3,
  endLine: 3,
  endColumn: 8,
  path: 'services[0].routs',
  label: 'not a field of a service',
  help: 'did you mean `routes`?',
};

test('a finding shows the line, marks the characters and says what to do', () => {
  assert.equal(
    renderFindings([finding], text, 'kong.yml', plain),
    [
      'error[CD1005]: unknown field `routs`',
      '  --> kong.yml:3:3',
      '  |',
      '3 |   routs: []',
      '  |   ^^^^^ not a field of a service',
      '  |',
      '  = help: did you mean `routes`?',
      '  = at: services[0].routs',
      '',
      '1 error in kong.yml',
      '',
    ].join('\n'),
  );
});

test('findings come in the order of the file, at most fifty, with a count of the rest', () => {
  const many = Array.from({ length: 60 }, (_, i) => ({ ...finding, line: 60 - i }));
  const output = renderFindings(many, text, 'kong.yml', plain);
  assert.equal(output.match(/^error\[/gm)?.length, 50);
  assert.match(output, /\.\.\. 10 more/);
  assert.match(output, /60 errors in kong\.yml/);
  assert.ok(output.indexOf('kong.yml:1:') < output.indexOf('kong.yml:2:'));
});

test('control characters of a document do not reach the terminal', () => {
  const output = renderFindings(
    [{ ...finding, message: 'a\u001b[2Jb\nc' }],
    'x\n\ny\u001b[31m',
    'kong.yml',
    plain,
  );
  assert.ok(!output.includes('\u001b'));
});

test('annotations for GitHub escape what would end them', () => {
  const [line] = renderGithub([{ ...finding, file: 'a,b.yml', message: 'x\ny 100%' }]).split('\n');
  assert.equal(
    line,
    '::error file=a%2Cb.yml,line=3,col=3,endLine=3,endColumn=8,title=CD1005::x%0Ay 100%25%0Adid you mean `routes`?',
  );
});
