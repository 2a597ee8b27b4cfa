/** Rows of protocol tables as subtests: what is refused, and what is served. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { TestGateway } from './gateway.ts';
import type { Request } from './messages.ts';
import { connect, type Octets } from './raw-client.ts';
import type { RawUpstream } from './raw-upstream.ts';

export interface RefusedRow {
  readonly name: string;
  readonly octets: Octets;
  readonly status: number;
  /** Label of the metric. */
  readonly reason: string;
}

/**
 * Each row gets its status with `Connection: close`, the connection is closed, the upstream has seen nothing of it,
 * and it is counted under its reason.
 */
export async function refuseAll(
  t: TestContext,
  gateway: TestGateway,
  upstream: RawUpstream,
  rows: readonly RefusedRow[],
): Promise<void> {
  for (const row of rows) {
    await t.test(row.name, async (t) => {
      const before = gateway.counted('cardinal_messages_refused_total', { reason: row.reason });
      const client = await connect(t, gateway.port);
      client.send(row.octets);
      const response = await client.response();
      assert.equal(response.status, row.status);
      assert.equal(response.one('connection'), 'close');
      assert.equal(await client.closed(), '', 'nothing behind the refusal');
      assert.equal(upstream.text, '', 'the upstream saw nothing');
      assert.equal(
        gateway.counted('cardinal_messages_refused_total', { reason: row.reason }),
        before + 1,
        row.reason,
      );
    });
  }
}

export interface ServedRow {
  readonly name: string;
  readonly octets: Octets;
  /** What the upstream must have got. */
  readonly upstream: (request: Request) => void;
}

/** Each row reaches the upstream, gets 200, and leaves the connection fit for another request. */
export async function serveAll(
  t: TestContext,
  gateway: TestGateway,
  upstream: RawUpstream,
  rows: readonly ServedRow[],
): Promise<void> {
  for (const row of rows) {
    await t.test(row.name, async (t) => {
      upstream.forget();
      const client = await connect(t, gateway.port);
      client.send(row.octets);
      assert.equal((await client.response()).status, 200);
      assert.equal(upstream.requests.length, 1);
      row.upstream(upstream.requests[0]!);
      client.send('GET /next HTTP/1.1\r\nHost: next\r\n\r\n');
      assert.equal((await client.response()).status, 200, 'the connection is kept');
      assert.equal(upstream.requests[1]!.target, '/next');
      upstream.forget();
    });
  }
}
