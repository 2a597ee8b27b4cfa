/**
 * Reading a configuration, as the compositions see it: from a file, from text that was posted, from a JSON
 * object. All three give a validated `Configuration`, or everything that is wrong with it.
 */

import type { Finding } from '../declarative/finding.ts';
import type { Configuration } from '../entities.ts';

export type ReadOutcome =
  | {
      readonly ok: true;
      readonly configuration: Configuration;
      /** How many entities it has, all collections together. */
      readonly entities: number;
      readonly warnings: readonly Finding[];
      /** The document, for the excerpts of rendered findings. */
      readonly text: string;
    }
  | {
      readonly ok: false;
      readonly findings: readonly Finding[];
      readonly text: string;
      /** Kong's answer to `POST /config`. */
      readonly refusal: ConfigurationRefusal;
    };

/** Body of Kong's 400. `flattened` is added for `?flatten_errors=1`, which also empties `fields`. */
export interface ConfigurationRefusal {
  readonly message: string;
  readonly fields: unknown;
  flattened(): { readonly fields: unknown; readonly flattened_errors: readonly unknown[] };
}

export interface ConfigurationReader {
  /** Never rejects: a file that cannot be read is a finding. */
  readFile(path: string): Promise<ReadOutcome>;
  /** JSON, else YAML. */
  readText(text: string): Promise<ReadOutcome>;
  readObject(document: Readonly<Record<string, unknown>>): Promise<ReadOutcome>;
}
