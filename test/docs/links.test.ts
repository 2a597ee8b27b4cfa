/** Links between documents, and from documents to files and headings, lead somewhere. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { documents, ROOT, textOf } from './documents.ts';

function linksOf(text: string): string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
}

/** As GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map((match) => match[1]!);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test('every link leads somewhere', () => {
  const broken: string[] = [];
  let seen = 0;
  for (const document of documents()) {
    for (const link of linksOf(textOf(document))) {
      if (/^[a-z]+:/.test(link)) continue;
      seen++;
      const [path, anchor] = link.split('#') as [string, string | undefined];
      const target = path === '' ? document : join(dirname(document), path);
      if (!existsSync(resolve(ROOT, target))) broken.push(`${document}: ${link}`);
      else if (anchor !== undefined && !anchorsOf(textOf(target)).has(anchor))
        broken.push(`${document}: ${link} (no such heading)`);
    }
  }
  assert.deepEqual(broken, []);
  assert.ok(seen > 30);
});

test('every decision is in the index, and every bundled plugin', () => {
  const index = textOf('docs/README.md');
  for (const document of documents()) {
    const name = /^docs\/(decisions\/[^/]+)$|^(shared\/plugins\/[^/]+\/README\.md)$/.exec(document);
    if (name !== null) assert.ok(index.includes(name[1] ?? `../${name[2]}`), document);
  }
});
