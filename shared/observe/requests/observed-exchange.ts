/** A finished exchange as those see it who watch the traffic: what log plugins see, and how it went on its way. */
import type { FinishedExchange } from '../../plugins/contract.ts';
import type { Direction } from '../traffic/traffic-key.ts';
import type { Trace } from './trace.ts';

export interface ObservedExchange extends FinishedExchange {
  readonly direction: Direction;
  /** A value of `Outcome`. */
  readonly outcome: number;
  /** Name of the plugin that ended it. */
  readonly endedBy: string | undefined;
  /** What the plugin or the gateway told the client; undefined when it ended without a message. */
  readonly reason: string | undefined;
  /** Code of the error table. */
  readonly errorCode: string | undefined;
  /** What the route matched of the path. */
  readonly matchedPath: string;
  readonly trace: Trace | undefined;
  readonly totalMs: number;
  /** Until the upstream was asked, or all of it when none was; -1 when that is not known. */
  readonly addedMs: number;
  /** -1 when the upstream has not answered. */
  readonly upstreamMs: number;
}
