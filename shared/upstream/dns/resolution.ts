/**
 * What is known about a name at a moment.
 */

export interface ResolvedAddress {
  readonly ip: string;
  /** Of an SRV record; undefined when the record type has none. */
  readonly port: number | undefined;
  /** Of an SRV record, at least 1. */
  readonly weight: number | undefined;
  /** The SRV record's target. */
  readonly name: string | undefined;
}

export type Resolution =
  /** No answer yet. */
  | { readonly state: 'pending' }
  | {
      readonly state: 'found';
      readonly addresses: readonly ResolvedAddress[];
      readonly source: 'A' | 'AAAA' | 'SRV' | 'hosts' | 'literal';
    }
  /** The name does not exist or has no addresses. */
  | { readonly state: 'not_found' }
  /** The servers could not be asked or could not say. */
  | { readonly state: 'failed'; readonly reason: string };

/** A balancer's interest in a name. */
export interface NameWatch {
  readonly resolution: Resolution;
  /** Settles when the first lookup has ended, well or badly. Never rejects. */
  readonly first: Promise<void>;
  close(): void;
}

/** What balancers need of DNS. */
export interface NameSource {
  /** `onChange` is called when the resolution becomes another one, never from within `watch`. */
  watch(name: string, onChange: () => void): NameWatch;
}
