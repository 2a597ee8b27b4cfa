/**
 * What the gateway keeps on disk: the configuration that was posted to the Admin API, and its node id. A
 * write is complete or has not happened (write beside, fsync, rename, fsync the folder); files are for the
 * owner alone, because a configuration holds credentials.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';

const CONFIGURATION = 'configuration.yml';
const NODE_ID = 'node.id';
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export class DataDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get configurationPath(): string {
    return join(this.path, CONFIGURATION);
  }

  /** The text that was last stored; undefined when there is none. Rejects with the system error otherwise. */
  async storedConfiguration(): Promise<string | undefined> {
    return readIfThere(this.configurationPath);
  }

  /** Resolves when it would survive a power cut. */
  async storeConfiguration(text: string): Promise<void> {
    await this.#write(CONFIGURATION, text);
  }

  /** The id of this node, made at the first call. */
  async nodeId(): Promise<string> {
    const known = (await readIfThere(join(this.path, NODE_ID)))?.trim();
    if (known !== undefined && UUID.test(known)) return known;
    const id = randomUUID();
    await this.#write(NODE_ID, id + '\n');
    return id;
  }

  async #write(name: string, text: string): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    const target = join(this.path, name);
    const beside = `${target}.${process.pid}.tmp`;
    try {
      const file = await open(beside, 'w', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(beside, target);
    } catch (error) {
      await unlink(beside).catch(() => {});
      throw error;
    }
    const folder = await open(this.path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
