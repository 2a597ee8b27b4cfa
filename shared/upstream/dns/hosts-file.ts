/**
 * Names of /etc/hosts (hosts(5)), read again when the file has changed. Bounded; a file that cannot be
 * read counts as empty, so that only `localhost` is known.
 */
import { isIP } from 'node:net';

const { open } = process.getBuiltinModule('node:fs/promises');

export interface HostAddresses {
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
}

const MAX_BYTES = 1024 * 1024;
const MAX_NAMES = 10_000;
const LOCALHOST: HostAddresses = { ipv4: ['127.0.0.1'], ipv6: ['::1'] };

export class HostsFile {
  readonly #path: string;
  #names = new Map<string, HostAddresses>();
  /** Modification time and size of what was read. */
  #version = '';
  #reading: Promise<void> | undefined;

  constructor(path = '/etc/hosts') {
    this.#path = path;
  }

  /** The addresses of a lower-case name without trailing dot, or undefined. */
  async lookup(name: string): Promise<HostAddresses | undefined> {
    this.#reading ??= this.#refresh().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    // RFC 6761 6.3: these never go to a DNS server.
    return name === 'localhost' || name.endsWith('.localhost') ? LOCALHOST : undefined;
  }

  async #refresh(): Promise<void> {
    try {
      const file = await open(this.#path, 'r');
      try {
        const { mtimeMs, size } = await file.stat();
        const version = `${mtimeMs} ${size}`;
        if (version === this.#version) return;
        const buffer = Buffer.alloc(Math.min(size, MAX_BYTES));
        const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
        this.#names = parseHosts(buffer.toString('latin1', 0, bytesRead));
        this.#version = version;
      } finally {
        await file.close();
      }
    } catch {
      // While somebody replaces the file, what was read before stays.
    }
  }
}

export function parseHosts(text: string): Map<string, HostAddresses> {
  const names = new Map<string, { ipv4: string[]; ipv6: string[] }>();
  for (const line of text.split('\n')) {
    const [address, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    const family = isIP(address ?? '');
    if (family === 0) continue;
    for (const alias of aliases) {
      const name = alias.toLowerCase().replace(/\.$/, '');
      let addresses = names.get(name);
      if (addresses === undefined) {
        if (names.size >= MAX_NAMES) continue;
        addresses = { ipv4: [], ipv6: [] };
        names.set(name, addresses);
      }
      const list = family === 4 ? addresses.ipv4 : addresses.ipv6;
      if (!list.includes(address!)) list.push(address!);
    }
  }
  return names;
}
