/** docs/http.md names every reason for which a request is refused, with its status. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { REFUSALS } from '../refusals.ts';

test('every refusal of a request is documented with its status', () => {
  const text = readFileSync(new URL('../../../docs/http.md', import.meta.url), 'utf8');
  const rows = new Map(
    [...text.matchAll(/^\| `([a-z0-9_]+)` +\| ([0-9]{3}) +\|/gm)].map((found) => [
      found[1]!,
      Number(found[2]),
    ]),
  );
  const inText = new Map(
    [...text.matchAll(/`([a-z_]+)` \(([0-9]{3})\)/g)].map((found) => [found[1]!, Number(found[2])]),
  );
  for (const { reason, status } of REFUSALS) {
    // Those with 502 are said of responses, not of requests.
    if (reason === 'none' || status === 502) continue;
    assert.equal(rows.get(reason) ?? inText.get(reason), status, reason);
  }
  for (const reason of rows.keys())
    assert.ok(
      REFUSALS.some((refusal) => refusal.reason === reason),
      reason,
    );
});
