/**
 * The targets of one balancer and what their names resolve to at present. Turns both into a list of
 * addresses with ports and weights; never keeps endpoints itself.
 */
import { isIP } from 'node:net';
import type { NameSource, NameWatch } from '../dns/resolution.ts';
import { addressOf } from '../health/board.ts';
import type { BalancerSource } from './balancer-source.ts';
import { bareHost, parseTarget } from './target-address.ts';

/** A target's present address. */
export interface TargetAddress {
  readonly target: string;
  readonly ip: string;
  readonly port: number;
  readonly hostname: string;
  readonly weight: number;
}

/** A target that is a name without addresses. */
export interface UnresolvedTarget {
  readonly target: string;
  readonly port: number;
  readonly weight: number;
  readonly state: 'pending' | 'not_found' | 'failed';
}

interface Entry {
  readonly target: string;
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  /** Undefined for an address. */
  readonly watch: NameWatch | undefined;
}

/** More addresses of one upstream than this are ignored: a bound against absurd DNS answers. */
const MAX_ADDRESSES = 4096;

export class TargetList {
  /** Number of targets with a weight. */
  readonly weighted: number;
  readonly #entries: readonly Entry[];
  readonly #srvNames: boolean;

  constructor(source: BalancerSource, names: NameSource, onChange: () => void) {
    const entry = (target: string, host: string, port: number, weight: number): Entry => ({
      target,
      host,
      port,
      weight,
      watch: isIP(host) === 0 ? names.watch(host, onChange) : undefined,
    });
    if (source.kind === 'upstream') {
      this.#srvNames = source.upstream.use_srv_name;
      this.#entries = source.targets.map(({ target, weight }) => {
        const { host, port } = parseTarget(target);
        return entry(target, host, port, weight);
      });
    } else {
      this.#srvNames = false;
      const host = bareHost(source.host);
      const target = addressOf({ ip: host, port: source.port });
      this.#entries = [entry(target, host, source.port, 1)];
    }
    this.weighted = this.#entries.filter(({ weight }) => weight > 0).length;
  }

  addresses(): TargetAddress[] {
    const addresses: TargetAddress[] = [];
    for (const { target, host, port, weight, watch } of this.#entries) {
      if (watch === undefined) {
        addresses.push({ target, ip: host, port, hostname: host, weight });
        continue;
      }
      const resolution = watch.resolution;
      if (resolution.state !== 'found') continue;
      for (const address of resolution.addresses) {
        addresses.push({
          target,
          ip: address.ip,
          port: address.port ?? port,
          hostname: this.#srvNames && address.name !== undefined ? address.name : host,
          // A target that was switched off stays off, whatever its SRV records say.
          weight: weight === 0 ? 0 : (address.weight ?? weight),
        });
      }
    }
    return addresses.length > MAX_ADDRESSES ? addresses.slice(0, MAX_ADDRESSES) : addresses;
  }

  unresolved(): UnresolvedTarget[] {
    const unresolved: UnresolvedTarget[] = [];
    for (const { target, port, weight, watch } of this.#entries) {
      const state = watch?.resolution.state ?? 'found';
      if (state !== 'found') unresolved.push({ target, port, weight, state });
    }
    return unresolved;
  }

  /** Settles when every name has had its first lookup. */
  async resolved(): Promise<void> {
    for (const { watch } of this.#entries) if (watch !== undefined) await watch.first;
  }

  close(): void {
    for (const { watch } of this.#entries) watch?.close();
  }
}
