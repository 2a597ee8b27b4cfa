import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../finding.ts';
import { LineIndex } from '../line-index.ts';
import { readDeclarative } from '../read.ts';
import { BROKEN_DOCUMENTS } from './broken-documents.ts';
import { plugins } from './fixture-plugins.ts';

/** Takes the marks out of the text and says where they were. */
function unmark(marked: string) {
  let text = '';
  const starts: number[] = [];
  const ends: number[] = [];
  for (const c of marked) {
    if (c === '«') starts.push(text.length);
    else if (c === '»') ends.push(text.length);
    else text += c;
  }
  const lines = new LineIndex(text);
  const places = starts.map((start, i) => ({
    start: lines.position(start),
    end: lines.position(ends[i] as number),
  }));
  return { text, places };
}

describe('broken documents', () => {
  assert.ok(BROKEN_DOCUMENTS.length >= 60);
  for (const { name, format = 'yaml', text: marked, expected } of BROKEN_DOCUMENTS) {
    it(name, async () => {
      const { text, places } = unmark(marked);
      const result = await readDeclarative(text, { file: 'kong.yml', format, plugins, now: 0 });
      assert.ok(!result.ok, 'was accepted');
      assert.deepEqual(
        result.findings.map(({ code, suggestion }) => [code, suggestion]),
        expected.map(({ code, suggestion }) => [code, suggestion]),
      );
      for (const [i, { says }] of expected.entries()) {
        const found: Finding | undefined = result.findings[i];
        assert.ok(found !== undefined);
        if (says !== undefined) assert.match(found.message, says);
        // Where one mark stands for several findings, the last one counts.
        const place = places[Math.min(i, places.length - 1)];
        if (place === undefined) continue;
        assert.deepEqual([found.line, found.column], [place.start.line, place.start.column], found.message);
        if (place.end.line === place.start.line) {
          assert.deepEqual(
            [found.endLine, found.endColumn],
            [place.end.line, place.end.column],
            found.message,
          );
        }
      }
    });
  }
});
