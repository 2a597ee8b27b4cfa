/** What a cookie says, and for how long it is true. Times are unix seconds. */

export interface SessionState {
  readonly id: string;
  readonly consumerId: string;
  readonly credentialId: string;
  /** What an authentication plugin had found out; undefined: nothing. */
  readonly groups: readonly string[] | undefined;
  /** When it began. */
  readonly created: number;
  /** When it was renewed last. */
  readonly renewed: number;
  /** When a request with it was last written down; at most a minute late. */
  readonly used: number;
}

/** Seconds; 0 is no limit. */
export interface Timeouts {
  readonly idling: number;
  readonly rolling: number;
  readonly absolute: number;
}

/** Until then requests do not cause a new cookie. */
const TOUCH_SECONDS = 60;

export function encodeState(state: SessionState): string {
  const { id, consumerId, credentialId, groups, created, renewed, used } = state;
  return JSON.stringify([id, consumerId, credentialId, groups ?? null, created, renewed, used]);
}

/** The text has been sealed here; it may still be of another version. */
export function decodeState(text: string): SessionState | undefined {
  const parts: unknown = JSON.parse(text);
  if (!Array.isArray(parts) || parts.length !== 7) return undefined;
  const [id, consumerId, credentialId, groups, created, renewed, used] = parts;
  return { id, consumerId, credentialId, groups: groups ?? undefined, created, renewed, used };
}

/** Seconds that each limit leaves; Infinity without one. */
export function remaining(
  { created, renewed, used }: SessionState,
  { idling, rolling, absolute }: Timeouts,
  now: number,
): Timeouts & { readonly least: number } {
  const left = {
    idling: idling === 0 ? Number.POSITIVE_INFINITY : used + idling - now,
    rolling: rolling === 0 ? Number.POSITIVE_INFINITY : renewed + rolling - now,
    absolute: absolute === 0 ? Number.POSITIVE_INFINITY : created + absolute - now,
  };
  return { ...left, least: Math.min(left.idling, left.rolling, left.absolute) };
}

/** The state to write down after a request; undefined when what the client has will do. */
export function refreshed(state: SessionState, timeouts: Timeouts, now: number): SessionState | undefined {
  // In the last quarter of its time, so that a client that comes now and then is not thrown out.
  if (timeouts.rolling > 0 && now - state.renewed >= timeouts.rolling * 0.75) {
    return { ...state, renewed: now, used: now };
  }
  const touch = Math.min(TOUCH_SECONDS, timeouts.idling / 2);
  return timeouts.idling > 0 && now - state.used >= touch ? { ...state, used: now } : undefined;
}
