/**
 * Frames in, generations out: what the control plane sends is verified and put in place, and answered with ack or
 * nack. What breaks the protocol throws and ends the connection; what is merely wrong is refused and changes nothing.
 */
import type { KeyObject } from 'node:crypto';
import type { Timer } from '../../upstream/clock.ts';
import { FrameError } from '../frames.ts';
import { verifyManifest } from '../manifest.ts';
import type { ControlPlaneFrame, DataPlaneFrame, GenerationManifest } from '../protocol.ts';
import type { AgentOptions } from './contract.ts';
import type { EntityReader } from './held-entities.ts';
import { type Generation, IncomingGeneration } from './incoming-generation.ts';
import { checkNotOlder, checkScope } from './manifest-checks.ts';
import { asRefusal, Refusal } from './refusal.ts';
import type { ServedGeneration } from './served-generation.ts';

/** From `begin` to `end`. */
export const GENERATION_TIMEOUT_MS = 120_000;
/** What may arrive for one generation, in budgets: more than this is a sender that does not end. */
const WIRE_FACTOR = 4;
const WIRE_MORE_BYTES = 1024 * 1024;

type Begin = Extract<ControlPlaneFrame, { type: 'begin' }>;
type Current = Extract<ControlPlaneFrame, { type: 'current' }>;
export type GenerationFrame = Exclude<ControlPlaneFrame, { type: 'pong' } | { type: 'go-away' }>;

/** What the receiver tells. */
export interface ReceiverEvents {
  applied(generation: Generation, ms: number): void;
  /** What is served is what the control plane has. */
  confirmed(): void;
  nacked(manifest: GenerationManifest, refusal: Refusal): void;
  /** Names of the subscription that are left out. */
  refusedCalls(names: readonly string[]): void;
}

export interface ReceiverStream {
  /** Octets received so far. */
  readonly receivedBytes: number;
  send(frame: DataPlaneFrame): void;
  close(reason: string): void;
}

interface Receiving {
  readonly manifest: GenerationManifest;
  readonly signature: string;
  readonly startBytes: number;
  readonly startedAt: number;
  readonly timer: Timer;
  /** Undefined once it was refused: the rest is read and left. */
  incoming: IncomingGeneration | undefined;
}

export class GenerationReceiver {
  readonly #options: AgentOptions;
  readonly #reader: EntityReader;
  readonly #served: ServedGeneration;
  readonly #signingKeys: () => readonly KeyObject[];
  readonly #events: ReceiverEvents;
  #receiving: Receiving | undefined;

  /** One for each connection. `signingKeys` are asked for each time: a renewal may bring another one. */
  constructor(
    options: AgentOptions,
    reader: EntityReader,
    served: ServedGeneration,
    signingKeys: () => readonly KeyObject[],
    events: ReceiverEvents,
  ) {
    this.#options = options;
    this.#reader = reader;
    this.#served = served;
    this.#signingKeys = signingKeys;
    this.#events = events;
  }

  async receive(frame: GenerationFrame, stream: ReceiverStream): Promise<void> {
    switch (frame.type) {
      case 'begin':
        return this.#begin(frame, stream);
      case 'part':
        return this.#part(frame, stream);
      case 'end':
        return this.#end(stream);
      case 'current':
        return this.#current(frame, stream);
    }
  }

  /** The connection is over. */
  close(): void {
    this.#receiving?.timer.cancel();
    this.#receiving = undefined;
  }

  #begin({ manifest, signature, base, refused }: Begin, stream: ReceiverStream): void {
    if (this.#receiving !== undefined) throw new FrameError('a generation began within another one');
    const { clock, budgetBytes } = this.#options;
    this.#served.outdated();
    const receiving: Receiving = {
      manifest,
      signature,
      startBytes: stream.receivedBytes,
      startedAt: clock.now(),
      timer: clock.after(GENERATION_TIMEOUT_MS, () => stream.close('a generation did not end in time')),
      incoming: undefined,
    };
    this.#receiving = receiving;
    try {
      this.#verify(manifest, signature);
      const before = this.#served.generation;
      if (base !== null && base !== before?.manifest.digest)
        throw new Refusal('base', 'it changes a generation that this node does not have');
      receiving.incoming = new IncomingGeneration(
        this.#reader,
        budgetBytes,
        base === null ? undefined : before,
      );
      this.#events.refusedCalls(refused);
    } catch (error) {
      this.#nack(receiving, error, stream);
    }
  }

  async #part(part: Extract<ControlPlaneFrame, { type: 'part' }>, stream: ReceiverStream): Promise<void> {
    const receiving = this.#receiving;
    if (receiving === undefined) throw new FrameError('a part of no generation');
    const most = WIRE_FACTOR * this.#options.budgetBytes + WIRE_MORE_BYTES;
    if (stream.receivedBytes - receiving.startBytes > most)
      throw new FrameError('a generation that does not end');
    try {
      await receiving.incoming?.add(part);
    } catch (error) {
      this.#nack(receiving, error, stream);
    }
  }

  async #end(stream: ReceiverStream): Promise<void> {
    const receiving = this.#receiving;
    if (receiving === undefined) throw new FrameError('an end of no generation');
    this.#receiving = undefined;
    receiving.timer.cancel();
    const { incoming, manifest, signature, startedAt } = receiving;
    if (incoming === undefined) return;
    try {
      const generation = await incoming.finish(manifest, signature);
      await this.#served.take(generation);
      this.#events.applied(generation, Math.round(this.#options.clock.now() - startedAt));
      stream.send({ type: 'ack', generation: manifest.generation, digest: manifest.digest });
    } catch (error) {
      this.#nack(receiving, error, stream);
    }
  }

  async #current({ manifest, signature }: Current, stream: ReceiverStream): Promise<void> {
    if (this.#receiving !== undefined) throw new FrameError('current within a generation');
    try {
      this.#verify(manifest, signature);
      if (manifest.digest !== this.#served.generation?.manifest.digest)
        throw new Refusal('digest', 'it is not what this node has');
    } catch (error) {
      const refusal = asRefusal(error);
      this.#served.outdated();
      this.#events.nacked(manifest, refusal);
      // There is nothing to be put right by going on: the other side is mistaken about this node.
      throw new FrameError(`${refusal.resource}: ${refusal.message}`);
    }
    await this.#served.confirm(manifest, signature);
    this.#events.confirmed();
    stream.send({ type: 'ack', generation: manifest.generation, digest: manifest.digest });
  }

  #verify(manifest: GenerationManifest, signature: string): void {
    if (!this.#signingKeys().some((key) => verifyManifest(manifest, signature, key)))
      throw new Refusal('signature', 'the signature does not hold');
    checkScope(manifest, this.#options.subscription);
    checkNotOlder(manifest, this.#served.newest);
  }

  #nack(receiving: Receiving, error: unknown, stream: ReceiverStream): void {
    const refusal = asRefusal(error);
    const { generation, digest } = receiving.manifest;
    receiving.incoming = undefined;
    this.#served.outdated();
    this.#events.nacked(receiving.manifest, refusal);
    stream.send({
      type: 'nack',
      generation,
      digest,
      resource: refusal.resource,
      error: refusal.message,
    });
  }
}
