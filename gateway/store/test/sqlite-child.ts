/**
 * A process of its own that uses a SQLite store, for tests that limit, kill or demote it. Says what it did in lines.
 *   open PATH    opens it as a user who is not root
 *   fill PATH    commits large entities until it fails, then reads
 *   commit PATH  commits small entities until it is killed
 */
import type { Store } from '../contract.ts';
import { openStore } from '../open.ts';
import { commitOf } from './commits.ts';

const NOBODY = 65_534;
const [, , what, path] = process.argv;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function commitUntilItFails(store: Store, value: string): Promise<void> {
  let { generation } = await store.load();
  for (;;) {
    generation++;
    await store.commit(commitOf(generation, [{ id: `s${generation}`, value }]));
    say(String(generation));
  }
}

// Loaded before the rights are gone, which may be those to read it.
await import('../sqlite/store.ts');
if (what === 'open' && process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}
try {
  const store = await openStore(`sqlite:${path}`);
  if (what === 'open') say('opened');
  else {
    try {
      await commitUntilItFails(store, what === 'fill' ? 'x'.repeat(20_000) : 'v');
    } catch (error) {
      say(`${(error as Error).name} ${(error as Error).message}`);
    }
    say(`readable ${(await store.load()).generation}`);
  }
} catch (error) {
  say(`${(error as Error).name} ${(error as Error).message}`);
}
