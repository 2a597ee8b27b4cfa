/**
 * What a balancing algorithm is. Lists are prepared outside the request path; `pick` only reads them.
 */
import type { BalancerRequest, Endpoint } from '../contract.ts';
import type { LiveEndpoint } from './live-endpoint.ts';

/** An endpoint as one generation sees it. */
export interface Member {
  readonly endpoint: LiveEndpoint;
  /** This generation's weight. */
  readonly weight: number;
  /** The target as configured, `host:port`. */
  readonly target: string;
}

export interface Algorithm {
  /** The members with a weight above zero, whether they can be used or not. Followed by `setUsable`. */
  setMembers(members: readonly Member[], targetCount: number): void;
  /** Those of the members that take requests now; never empty when `pick` is called. */
  setUsable(usable: readonly Member[]): void;
  /** Avoids `request.tried` while others are left. */
  pick(request: BalancerRequest): LiveEndpoint;
}

/** `tried` is short (the retries of one exchange), so a scan is cheapest. */
export function wasTried(tried: readonly Endpoint[], endpoint: Endpoint): boolean {
  for (let i = 0; i < tried.length; i++) if (tried[i] === endpoint) return true;
  return false;
}
