/** `cardinal gateway` and `cardinal microgateway` with the fake engine; everything else is the real thing. */
import { command as gateway } from '../../gateway/command.ts';
import { runGateway } from '../../gateway/run.ts';
import { command as microgateway } from '../../microgateway/command.ts';
import { runMicrogateway } from '../../microgateway/run.ts';
import type { Call, Command } from '../../shared/cli/command.ts';
import { runCommand } from '../../shared/cli/run-command.ts';
import { styleOf } from '../../shared/cli/terminal.ts';

const engine = new URL('./fake-engine.ts', import.meta.url).href;
const [name, ...rest] = process.argv.slice(2);
const command: Command =
  name === 'gateway'
    ? { ...gateway, run: (call: Call) => runGateway(call, engine) }
    : { ...microgateway, run: (call: Call) => runMicrogateway(call, engine) };

process.exitCode = await runCommand(async () => ({ command }), rest, {
  env: process.env,
  cwd: process.cwd(),
  out: styleOf(process.stdout, process.env),
  err: styleOf(process.stderr, process.env),
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
});
