/**
 * The endpoint with the fewest requests in flight for its weight: lowest (active + 1) / weight.
 */
import type { LiveEndpoint } from './live-endpoint.ts';
import { LowestCost } from './lowest-cost.ts';

export class LeastConnections extends LowestCost {
  protected override cost(endpoint: LiveEndpoint, weight: number): number {
    return (endpoint.active + 1) / weight;
  }
}
