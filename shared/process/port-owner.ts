/**
 * Who listens on a TCP port of this machine, from /proc. Best effort: undefined wherever the system does
 * not say (another operating system, another user's process, another namespace). Never throws.
 */

const { readdir, readFile, readlink } = process.getBuiltinModule('node:fs/promises');

export interface PortOwner {
  readonly pid: number;
  readonly command: string;
}

const LISTEN_STATE = '0A';
const MAX_PROCESSES = 20_000;

export async function portOwner(port: number): Promise<PortOwner | undefined> {
  try {
    const inodes = await listeningInodes(port);
    if (inodes.size === 0) return undefined;
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).slice(0, MAX_PROCESSES);
    for (const pid of pids) {
      if (await hasSocket(pid, inodes)) {
        const command = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
        return { pid: Number(pid), command: command.replace(/[^\x20-\x7e]/g, '?') };
      }
    }
  } catch {
    // No /proc here.
  }
  return undefined;
}

async function listeningInodes(port: number): Promise<Set<string>> {
  const suffix = ':' + port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'utf8').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      if (columns[1]?.endsWith(suffix) === true && columns[3] === LISTEN_STATE)
        inodes.add(`socket:[${columns[9]}]`);
    }
  }
  return inodes;
}

async function hasSocket(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const descriptor of descriptors) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
    if (inodes.has(target)) return true;
  }
  return false;
}
