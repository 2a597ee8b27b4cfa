/**
 * Server-sent events of `/_cardinal/tap`, and what they hold. `EventSource` is not used: it hides the status and the reason of
 * a refusal. Never keeps more than one unfinished event, and that one has a bound.
 */

import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';

interface Reference {
  readonly id: string;
  readonly name: string;
}

export interface RequestRow {
  readonly id: string;
  /** Unix seconds. */
  readonly at: number;
  readonly method: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly status: number;
  readonly route: Reference | null;
  readonly service: Reference | null;
  readonly consumer: Reference | null;
  readonly target: string | null;
  readonly tries: number;
  readonly total_ms: number;
  readonly gateway_ms: number | null;
  readonly upstream_ms: number | null;
  readonly ended_by: string | null;
  readonly reason: string | null;
}

export interface Counters {
  readonly seen: number;
  readonly matched: number;
  readonly shown: number;
  readonly sampled_out: number;
  readonly dropped: number;
}

export interface TapEvents {
  open(): void;
  row(row: RequestRow): void;
  counters(counters: Counters): void;
}

const MOST_EVENT_CHARACTERS = 256 * 1024;

/** Resolves when the gateway ends the stream; rejects with an ApiProblem when it refuses, otherwise as the connection breaks. */
export async function readTap(
  filter: string,
  sample: number,
  events: TapEvents,
  signal: AbortSignal,
): Promise<void> {
  const query = { sample, ...(filter === '' ? {} : { filter }) };
  const response = await client.open(pathOf('tap'), { query, signal });
  if (response.body === null) return;
  events.open();
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + decoder.decode(value, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) tell(block, events);
    if (rest.length > MOST_EVENT_CHARACTERS) {
      await reader.cancel();
      throw new Error('The gateway sent an event that is too large.');
    }
  }
}

function tell(block: string, events: TapEvents): void {
  const match = /^event: (\w+)\ndata: (.*)$/s.exec(block);
  if (match === null) return;
  if (match[1] === 'request') events.row(JSON.parse(match[2]!) as RequestRow);
  else if (match[1] === 'counters') events.counters(JSON.parse(match[2]!) as Counters);
}
