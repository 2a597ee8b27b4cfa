/** Ports for everything in an environment, found free before anything is started, because configurations name them. */
import { createServer } from 'node:net';
import { CliError } from '../../shared/cli/cli-error.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';
import { portOwner } from '../../shared/process/port-owner.ts';
import type { Ports, ServicePorts } from './addresses.ts';

/** Below the range from which systems take the local ports of outgoing connections. */
const FROM = 10_000;
const SPAN = 20_000;

/** `base`: take them from there on, and nowhere else; undefined: wherever they are free. */
export async function choosePorts(
  services: number,
  base: number | undefined,
): Promise<Ports & { echo: number }> {
  let next = base ?? FROM + ((process.pid * 211) % SPAN);
  const take = async (): Promise<number> => {
    for (let tries = 0; tries < 2000; tries++) {
      const port = next++;
      if (next > FROM + SPAN && base === undefined) next = FROM;
      if (await isFree(port)) return port;
      if (base !== undefined) throw await taken(port, base);
    }
    throw new CliError('there are not enough free ports', { exitCode: EXIT.unavailable });
  };
  const list: ServicePorts[] = [];
  for (let i = 0; i < services; i++) {
    list.push({
      app: await take(),
      embedded: await take(),
      inbound: await take(),
      outbound: await take(),
      status: await take(),
      legacy: await take(),
      legacyStatus: await take(),
    });
  }
  const central = { proxy: await take(), status: await take() };
  const nodes = [
    { proxy: await take(), status: await take() },
    { proxy: await take(), status: await take() },
  ];
  const relayControl = await take();
  const echo = await take();
  const relayed = new Map<number, number>();
  for (const port of crossed(list, central.proxy, nodes, echo)) relayed.set(port, await take());
  return { services: list, central, nodes, relayControl, relayed, echo };
}

function crossed(
  services: readonly ServicePorts[],
  central: number,
  nodes: Ports['nodes'],
  echo: number,
): number[] {
  return [
    ...services.flatMap(({ app, embedded, inbound, legacy }) => [app, embedded, inbound, legacy]),
    central,
    ...nodes.map(({ proxy }) => proxy),
    echo,
  ];
}

async function taken(port: number, base: number): Promise<CliError> {
  const owner = await portOwner(port);
  const by = owner === undefined ? '' : ` by pid ${owner.pid} (${owner.command})`;
  return new CliError(`port ${port} is taken${by}`, {
    exitCode: EXIT.unavailable,
    help: [`use others: --port-base PORT (now ${base}), or leave it out: free ones are found`],
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
