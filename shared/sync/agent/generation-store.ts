/**
 * The last good generations on disk, newest first, so that a data plane starts and serves while its control plane
 * is away. A file is one generation: a line with the manifest and its signature, then a line for each entity. It is
 * believed only when the signature holds and the entities have the digest that was signed. The modification time
 * says until when the generation is known to have been the current one. Files hold credentials: owner only.
 */
import type { KeyObject } from 'node:crypto';
import { Slices } from '../../config/compile/slices.ts';
import { canonicalJson } from '../../config/declarative/canonical-json.ts';
import { verifyManifest } from '../manifest.ts';
import type { GenerationManifest } from '../protocol.ts';
import { readControlPlaneFrame } from '../read-frame.ts';
import { writeDurably } from './durable-file.ts';
import type { EntityReader } from './held-entities.ts';
import { type Generation, IncomingGeneration } from './incoming-generation.ts';

const { readdir, readFile, stat, unlink, utimes } = process.getBuiltinModule('node:fs/promises');
const { join } = process.getBuiltinModule('node:path');

const FORMAT = 'cardinal-generation/1';
const KEPT = 3;
const FILE = /^(\d{12})\.generation$/;
/** Beside the entities' own text: commas, names of collections, the head. */
const OVERHEAD = 2;

export interface FoundGeneration {
  readonly generation: Generation;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly freshAt: number;
}

export interface GenerationStore {
  /** The newest first. One that cannot be believed is told to `onBad`, and the one before it comes. */
  good(options: LoadOptions): AsyncGenerator<FoundGeneration, void>;
  /**
   * Resolves with the name of the file. `replaces` is a file with the same entities under an older manifest: it
   * goes, so that the kept ones differ.
   */
  save(generation: Generation, replaces: string | undefined): Promise<string>;
  /** Notes that it was still the current one at that time. */
  confirm(name: string, freshAt: number): Promise<void>;
}

export interface LoadOptions {
  readonly reader: EntityReader;
  readonly budgetBytes: number;
  /** Ed25519, public; a manifest signed by one of them is believed. */
  readonly signingKeys: readonly KeyObject[];
  /** Throws when a generation is not for this node. */
  readonly accept: (manifest: GenerationManifest) => void;
  readonly onBad: (name: string, reason: string) => void;
}

/** `folder` is made when the first generation is saved. */
export function openGenerationStore(folder: string): GenerationStore {
  const bad = new Set<string>();

  const files = async (): Promise<string[]> => {
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return names
      .filter((name) => FILE.test(name))
      .sort()
      .reverse();
  };

  const load = async (name: string, options: LoadOptions): Promise<FoundGeneration> => {
    const path = join(folder, name);
    const { size, mtimeMs } = await stat(path);
    if (size > OVERHEAD * options.budgetBytes + 1024 ** 2)
      throw new Error('the file is larger than the budget');
    const generation = await readGeneration(await readFile(path, 'utf8'), options);
    return { generation, name, freshAt: mtimeMs };
  };

  return {
    async *good(options) {
      for (const name of await files()) {
        let found: FoundGeneration;
        try {
          found = await load(name, options);
        } catch (error) {
          bad.add(name);
          options.onBad(name, (error as Error).message);
          continue;
        }
        yield found;
      }
    },
    async save(generation, replaces) {
      const before = await files();
      const sequence = 1 + Number(FILE.exec(before[0] ?? '')?.[1] ?? 0);
      const name = `${String(sequence).padStart(12, '0')}.generation`;
      await writeDurably(folder, name, lines(generation));
      const others = before.filter((one) => one !== replaces && !bad.has(one));
      for (const one of before) {
        if (others.slice(0, KEPT - 1).includes(one)) continue;
        await unlink(join(folder, one)).catch(() => {});
        bad.delete(one);
      }
      return name;
    },
    async confirm(name, freshAt) {
      await utimes(join(folder, name), freshAt / 1000, freshAt / 1000);
    },
  };
}

async function* lines({ manifest, signature, entities }: Generation): AsyncGenerator<string> {
  const slices = new Slices();
  let text = `${JSON.stringify({ format: FORMAT, type: 'current', manifest, signature })}\n`;
  for (const { collection, entity } of entities.values()) {
    text += `${canonicalJson([collection, entity])}\n`;
    if (!slices.due()) continue;
    yield text;
    text = '';
    await slices.pause();
  }
  yield text;
}

async function readGeneration(text: string, options: LoadOptions): Promise<Generation> {
  const { reader, budgetBytes, signingKeys, accept } = options;
  let end = text.indexOf('\n');
  const head = JSON.parse(text.slice(0, Math.max(0, end))) as Record<string, unknown>;
  if (head['format'] !== FORMAT) throw new Error('not a file of this format');
  const frame = readControlPlaneFrame(head);
  if (frame.type !== 'current') throw new Error('not a file of this format');
  const { manifest, signature } = frame;
  if (!signingKeys.some((key) => verifyManifest(manifest, signature, key)))
    throw new Error('the signature does not hold');
  accept(manifest);
  const incoming = new IncomingGeneration(reader, budgetBytes, undefined);
  const slices = new Slices();
  for (let start = end + 1; start < text.length; start = end + 1) {
    if (slices.due()) await slices.pause();
    end = text.indexOf('\n', start);
    if (end < 0) throw new Error('the file ends too early');
    const line = JSON.parse(text.slice(start, end)) as unknown;
    if (!Array.isArray(line) || typeof line[0] !== 'string') throw new Error('a line is no entity');
    await incoming.add({ puts: [{ collection: line[0], entities: [line[1]] }], deletes: [] });
  }
  return incoming.finish(manifest, signature);
}
