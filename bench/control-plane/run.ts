/**
 * `npm run bench:control-plane`: simulated data planes over real TLS connections against one control plane. How long
 * until a change has reached everybody, what it costs the control plane, and how they come back after a restart.
 * Prints numbers; `--check` judges them by the budgets (exit 1).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { PLUGIN_VERSIONS } from '../../gateway/control-plane/test/running.ts';
import { TestNode } from '../../gateway/control-plane/test/test-node.ts';
import type { Ask, Facts, Told } from './messages.ts';

const REACHED_WITHIN_MS = 3_000;
const MEMORY_BYTES = 400 * 1024 * 1024;
const JOINING_AT_ONCE = 8;
const CERTIFICATES_PER_SECOND_MS = 25;
const ROUNDS = 5;

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '500' },
    services: { type: 'string', default: '1000' },
    consumers: { type: 'string', default: '1000' },
    check: { type: 'boolean', default: false },
  },
});
const count = Number(values.nodes);
const services = Number(values.services);

function ask<K extends string>(child: ChildProcess, what: Ask): Promise<Extract<Told, Record<K, unknown>>> {
  child.send(what);
  return once(child, 'message').then(([told]) => told as Extract<Told, Record<K, unknown>>);
}

async function facts(child: ChildProcess): Promise<Facts> {
  return (await ask<'facts'>(child, 'facts')).facts;
}

function row(name: string, value: string): void {
  process.stdout.write(`${name.padEnd(44)} ${value}\n`);
}

const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
const ms = (value: number): string => `${value.toFixed(0)} ms`;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

async function changes(
  child: ChildProcess,
  nodes: readonly TestNode[],
  what: Ask,
): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    times.push(
      await timed(async () => {
        const { generation } = await ask<'generation'>(child, what);
        await Promise.all(nodes.map((node) => node.untilGeneration(generation)));
      }),
    );
  }
  return times.sort((a, b) => a - b);
}

async function main(): Promise<number> {
  const child = fork(new URL('./server.ts', import.meta.url), [values.services, values.consumers], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  process.on('exit', () => child.kill());
  const [started] = (await once(child, 'message')) as [{ port: number; token: string; calls: number }];
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const nodes = Array.from(
    { length: count },
    (_, i) =>
      new TestNode({
        port: started.port,
        node: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
        service: `service-${i % services}`,
        calls: Array.from({ length: started.calls }, (_, n) => `service-${(i + n + 1) % services}`),
        plugins: PLUGIN_VERSIONS,
        keys,
      }),
  );
  row('nodes, services, consumers', `${count}, ${services}, ${values.consumers}`);
  const empty = await facts(child);
  row('control plane without nodes', mib(empty.rssBytes));

  const joining = [...nodes];
  row(
    'all have joined within',
    ms(
      await timed(() =>
        Promise.all(
          Array.from({ length: JOINING_AT_ONCE }, async () => {
            for (let node = joining.pop(); node !== undefined; node = joining.pop()) {
              const answer = await node.join(started.token);
              if (answer.status === 429) joining.push(node);
              else if (answer.status !== 200) throw new Error(`join: ${answer.status} ${answer.body}`);
              // The control plane issues a bounded number of certificates a second.
              await new Promise((resolve) =>
                setTimeout(resolve, CERTIFICATES_PER_SECOND_MS * JOINING_AT_ONCE),
              );
            }
          }),
        ),
      ),
    ),
  );
  row(
    'all are connected and up to date within',
    ms(
      await timed(async () => {
        await Promise.all(nodes.map((node) => node.connect()));
        await Promise.all(nodes.map((node) => node.untilGeneration(2)));
      }),
    ),
  );
  row('control plane with all nodes', mib((await facts(child)).rssBytes));
  const before = await facts(child);
  const one = await changes(child, nodes, 'change-one');
  const all = await changes(child, nodes, 'change-all');
  const after = await facts(child);
  const show = (times: readonly number[]): string =>
    `median ${ms(times[2] as number)}, at most ${ms(times.at(-1)!)}`;
  row('a change to one service reaches all nodes', show(one));
  row('a change to all services reaches all nodes', show(all));
  row(
    'CPU of the control plane for a change',
    ms(((after.cpuSeconds - before.cpuSeconds) * 1000) / (2 * ROUNDS)),
  );

  await ask(child, 'restart');
  await Promise.all(nodes.map((node) => node.untilClosed()));
  await facts(child);
  row(
    'after a restart all are back within',
    ms(
      await timed(async () => {
        await Promise.all(nodes.map((node) => node.connect()));
        await Promise.all(nodes.map((node) => node.until(() => node.frames.length > 0)));
      }),
    ),
  );
  const last = await facts(child);
  row('most connections within a second meanwhile', String(last.peakConnectionsPerSecond));
  row(
    'nodes that were sent anything but a manifest',
    String(nodes.filter((node) => node.count('begin') > 0).length),
  );
  row('most memory of the control plane', mib(last.peakRssBytes));
  child.disconnect();

  const slowest = Math.max(one.at(-1)!, all.at(-1)!);
  const kept = slowest <= REACHED_WITHIN_MS && last.peakRssBytes <= MEMORY_BYTES && last.connected === count;
  row('budgets: reached within 3 s, under 400 MiB', kept ? 'kept' : 'MISSED');
  return values.check && !kept ? 1 : 0;
}

process.exit(await main());
