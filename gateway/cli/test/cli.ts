/** Runs a command in this process and keeps what it says. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Command, Io } from '../../../shared/cli/command.ts';
import { runCommand } from '../../../shared/cli/run-command.ts';
import { styleOf } from '../../../shared/cli/terminal.ts';
import { openCatalog } from '../../../shared/plugins/catalog.ts';
import { command as apply } from '../apply-command.ts';
import { command as diff } from '../diff-command.ts';
import { command as dump } from '../dump-command.ts';
import { Schemas } from '../sync/schemas.ts';

const COMMANDS: Readonly<Record<string, Command>> = { apply, diff, dump };

const BADGE_AUTH = new URL('./fixtures/badge-auth.ts', import.meta.url).pathname;
/** What the commands need to know the plugin of the tests. */
export const ENV = { CARDINAL_PLUGIN_PATHS: BADGE_AUTH };
export const schemas = new Schemas(await openCatalog(['bundled'], [BADGE_AUTH]));

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function run(
  argv: readonly string[],
  given: Readonly<Record<string, string>> = {},
  cwd = process.cwd(),
  commands = COMMANDS,
): Promise<Said> {
  const env = { ...ENV, ...given };
  let out = '';
  let err = '';
  const style = styleOf({}, { LANG: 'C.UTF-8', ...env });
  const io: Io = {
    env,
    cwd,
    out: style,
    err: style,
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      err += text;
    },
  };
  const [name = '', ...rest] = argv;
  const code = await runCommand(async () => ({ command: commands[name] as Command }), rest, io);
  return { code, out, err };
}

/** A folder for files; `file` writes one and gives its path. */
export async function folder(t: TestContext) {
  const path = await mkdtemp(join(tmpdir(), 'cardinal-cli-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return {
    path,
    async file(name: string, content: string | object): Promise<string> {
      const whole = join(path, name);
      await writeFile(whole, typeof content === 'string' ? content : JSON.stringify(content));
      return whole;
    },
  };
}
