/** How the management side reads and changes the configuration that is served. */
import type { Configuration } from '../../shared/config/entities.ts';
import type { ModelDraft, ModelView } from '../model/contract.ts';
import type { Commit } from '../store/contract.ts';

export interface WriteOrigin {
  /** Name of the token or user; `local` for a caller that needs none. */
  readonly actor: string;
  /** `PUT /services/orders`. */
  readonly summary: string;
}

/** What is served now. */
export interface ServedConfiguration {
  readonly generation: number;
  readonly configuration: Configuration;
}

export interface ManagedConfiguration {
  /** False when the configuration comes from a file or a control plane: then `write` rejects with code 12. */
  readonly writable: boolean;
  /** The store's kind, or why there is none. */
  readonly source: 'memory' | 'sqlite' | 'redis' | 'file' | 'posted' | 'control-plane';
  readonly served: ServedConfiguration;
  /** The current state; do not keep it. */
  readonly view: ModelView;
  /**
   * Runs `change` on a draft of the newest state, checks that it compiles, stores it, and resolves with what `change`
   * returned when every worker serves it. `change` may run more than once (another replica was faster, a write that
   * was taken together with this one failed) and must have no other effect than on the draft. Rejects with a
   * ModelError (nothing changed), or StoreUnavailable.
   */
  write<T>(origin: WriteOrigin, change: (draft: ModelDraft) => T): Promise<T>;
  /** Newest first. */
  history(): Promise<readonly Commit[]>;
  /** Makes what generation `generation` was the newest one, as a generation of its own. Code 6 when it is not kept. */
  restore(generation: number, origin: WriteOrigin): Promise<void>;
  /** Called after each new generation is served. Returns how to stop. */
  onChange(listener: (served: ServedConfiguration) => void): () => void;
}
