/** The worker's end of how a configuration is delivered: puts together what came in parts or as a change. */
import { applyChange, type EntityUpdate } from '../../shared/config/change.ts';
import { EMPTY_CONFIGURATION } from '../../shared/config/empty.ts';
import type { Configuration } from '../../shared/config/entities.ts';
import type { ConfigurationPart } from './parts.ts';
import type { ConfigurationDelivery } from './protocol.ts';

export class Arrivals {
  readonly #transfers = new Map<number, EntityUpdate[]>();
  #generation = -1;
  #configuration: Configuration = EMPTY_CONFIGURATION;

  /** From now on changes may be based on this one. */
  serves(generation: number, configuration: Configuration): void {
    this.#generation = generation;
    this.#configuration = configuration;
  }

  part({ transfer, collection, entities }: ConfigurationPart & { readonly transfer: number }): void {
    let updates = this.#transfers.get(transfer);
    if (updates === undefined) this.#transfers.set(transfer, (updates = []));
    for (const after of entities) updates.push({ collection, id: after.id, after });
  }

  /** Throws when the change is based on something that is not served here. */
  received(delivery: ConfigurationDelivery): Configuration {
    if (delivery.kind === 'change') {
      if (delivery.base !== this.#generation)
        throw new Error(
          `a change of generation ${delivery.base} came to a worker that serves ${this.#generation}`,
        );
      return applyChange(this.#configuration, delivery.updates, delivery.hash);
    }
    const updates = this.#transfers.get(delivery.transfer) ?? [];
    // Older ones that are still there were given up.
    for (const transfer of this.#transfers.keys())
      if (transfer <= delivery.transfer) this.#transfers.delete(transfer);
    return applyChange(EMPTY_CONFIGURATION, updates, delivery.hash);
  }
}
