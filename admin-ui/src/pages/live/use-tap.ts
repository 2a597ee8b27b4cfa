/** Live requests as a component's state. Holds the newest rows alone, and draws at most five times a second. */
import { useEffect, useRef, useState } from 'react';
import { isProblem } from '../../api/api-problem.ts';
import { type Counters, type RequestRow, readTap } from './tap-stream.ts';

const MOST_ROWS = 2_000;
const DRAW_MS = 200;
const RETRY_MS = 3_000;
const NONE: Counters = { seen: 0, matched: 0, shown: 0, sampled_out: 0, dropped: 0 };

export type TapState = 'connecting' | 'open' | 'lost' | 'refused' | 'paused';

export interface Tap {
  /** The newest first. */
  readonly rows: readonly RequestRow[];
  readonly counters: Counters;
  readonly state: TapState;
  readonly error: Error | undefined;
  clear(): void;
  retry(): void;
}

/** While paused nothing is asked of the gateway; the rows stay. */
export function useTap(filter: string, sample: number, paused: boolean): Tap {
  const [rows, setRows] = useState<readonly RequestRow[]>([]);
  const [counters, setCounters] = useState(NONE);
  const [state, setState] = useState<TapState>('connecting');
  const [error, setError] = useState<Error>();
  const [attempt, setAttempt] = useState(0);
  const waiting = useRef<RequestRow[]>([]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt begins anew.
  useEffect(() => {
    if (paused) {
      setState('paused');
      return;
    }
    const abort = new AbortController();
    let retry = 0;
    let received = 0;
    const draw = window.setInterval(() => {
      const batch = waiting.current;
      if (batch.length === 0) return;
      waiting.current = [];
      setRows((before) => [...batch.reverse(), ...before].slice(0, MOST_ROWS));
      received += batch.length;
      // The gateway tells its numbers once a second: what is seen already is never counted less.
      setCounters((told) => atLeast(told, received));
    }, DRAW_MS);
    const again = (problem?: Error) => {
      if (abort.signal.aborted) return;
      setError(problem);
      const refused = isProblem(problem) && problem.status >= 400 && problem.status < 500;
      setState(refused ? 'refused' : 'lost');
      if (!refused) retry = window.setTimeout(() => setAttempt((last) => last + 1), RETRY_MS);
    };
    setState('connecting');
    readTap(
      filter,
      sample,
      {
        open: () => {
          received = 0;
          setError(undefined);
          setCounters(NONE);
          setState('open');
        },
        row: (row) => {
          if (waiting.current.length >= MOST_ROWS) waiting.current.shift();
          waiting.current.push(row);
        },
        counters: setCounters,
      },
      abort.signal,
    ).then(() => again(), again);
    return () => {
      abort.abort();
      window.clearInterval(draw);
      window.clearTimeout(retry);
    };
  }, [filter, sample, paused, attempt]);

  return {
    rows,
    counters,
    state,
    error,
    clear: () => {
      waiting.current = [];
      setRows([]);
    },
    retry: () => setAttempt((last) => last + 1),
  };
}

function atLeast(told: Counters, received: number): Counters {
  if (told.shown >= received) return told;
  return { ...told, matched: Math.max(told.matched, received), shown: received };
}
