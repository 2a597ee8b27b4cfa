/** What the Admin API's own endpoints answer, as far as the UI reads it. */

export interface NodeDocument {
  readonly version: string;
  readonly cardinal_version: string;
  readonly hostname: string;
  readonly node_id: string;
  readonly plugins: {
    readonly available_on_server: Readonly<
      Record<string, { readonly version: string; readonly priority: number }>
    >;
    readonly enabled_in_cluster: readonly string[];
  };
  readonly configuration: Readonly<Record<string, unknown>> & {
    readonly database: string;
    readonly role: string;
    readonly log_level: string;
    readonly declarative_config: string;
    readonly control_plane: string;
  };
  readonly pids: { readonly workers: readonly number[] };
}

export interface Entity {
  readonly id: string;
  readonly created_at?: number;
  readonly updated_at?: number;
  readonly tags?: readonly string[] | null;
  readonly [field: string]: unknown;
}

export interface Reference {
  readonly id: string;
}

export interface Page<T = Entity> {
  readonly data: readonly T[];
  readonly next: string | null;
  readonly offset?: string;
}

export interface HistoryHead {
  readonly generation: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly node: string;
  readonly hash: string;
  readonly authors: readonly { readonly at: number; readonly actor: string; readonly summary: string }[];
  readonly changes: readonly ChangeHead[];
  readonly changes_total?: number;
}

export interface ChangeHead {
  readonly collection: string;
  readonly id: string;
  readonly name: string | null;
  readonly operation: 'create' | 'update' | 'delete';
}

export interface Change extends ChangeHead {
  readonly before: Entity | null;
  readonly after: Entity | null;
  readonly fields: readonly string[];
}
