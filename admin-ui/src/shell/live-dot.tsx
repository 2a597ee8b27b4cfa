/** Whether what is on the page is true now: in a word and in a colour. */
import { useEffect, useState } from 'react';
import { connection } from '../api/gateway.ts';
import { useValue } from '../api/use-value.ts';

const STALE_AFTER_MS = 12_000;

/** The time, renewed every second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 1_000);
    return () => window.clearInterval(timer);
  }, []);
  return now;
}

export function LiveDot() {
  const state = useValue(connection.state);
  const answeredAt = useValue(connection.answeredAt);
  const now = useNow();
  const age = now - answeredAt;
  const [colour, text] =
    state.state === 'lost'
      ? (['bg-bad', `Lost, retrying in ${secondsUntil(state.retryAt, now)} s`] as const)
      : age > STALE_AFTER_MS
        ? (['bg-warn', `Stale ${Math.round(age / 1000)} s`] as const)
        : (['bg-good', 'Live'] as const);
  return (
    <span className="numeric inline-flex items-center gap-2 text-12 whitespace-nowrap text-soft">
      <span aria-hidden className={`size-2 rounded-full ${colour}`} />
      {text}
    </span>
  );
}

export function secondsUntil(at: number, now: number): number {
  return Math.max(0, Math.ceil((at - now) / 1000));
}
