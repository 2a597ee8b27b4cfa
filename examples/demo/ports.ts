/**
 * Which ports the demo uses: the well-known ones where they are free, else the next free one. Ports are looked
 * at before anything is started, because the configuration names them.
 */
import { createServer } from 'node:net';
import { portOwner } from '../../shared/process/port-owner.ts';

export const SERVICES = ['catalog', 'orders', 'payments'] as const;
export type ServiceName = (typeof SERVICES)[number];

export interface ServicePorts {
  /** The service itself. */
  readonly app: number;
  readonly inbound: number;
  readonly status: number;
}

export interface DemoPorts {
  readonly proxy: number;
  readonly admin: number;
  readonly status: number;
  readonly services: Readonly<Record<ServiceName, ServicePorts>>;
  /** Where orders calls others. */
  readonly outbound: number;
}

export interface ChosenPorts {
  readonly ports: DemoPorts;
  /** One line for each port that is not the one that was wanted. */
  readonly notes: readonly string[];
}

/** The ports of kong.yml and of every document that shows the demo. */
export const WELL_KNOWN: DemoPorts = {
  proxy: 8000,
  admin: 8001,
  status: 8100,
  services: {
    catalog: { app: 9001, inbound: 9101, status: 9301 },
    orders: { app: 9002, inbound: 9102, status: 9302 },
    payments: { app: 9003, inbound: 9103, status: 9303 },
  },
  outbound: 9202,
};

const REACH = 200;
/** Below the range from which systems take the local ports of outgoing connections. */
const FREE_FROM = 10_000;
const FREE_SPAN = 20_000;
const BLOCK = 16;

/** `base`: see `DemoOptions.portBase`. Rejects when there are no free ports near a wanted one. */
export async function choosePorts(base: number | undefined): Promise<ChosenPorts> {
  const notes: string[] = [];
  const taken = new Set<number>();
  const anywhere = base === 0;
  const choose = async (wanted: number): Promise<number> => {
    for (let port = wanted; port < Math.min(wanted + REACH, 65_536); port++) {
      if (taken.has(port) || !(await isFree(port))) continue;
      taken.add(port);
      if (port !== wanted && !anywhere) notes.push(await takenNote(wanted, port));
      return port;
    }
    throw new Error(`there is no free port from ${wanted} on; choose others: --port-base PORT`);
  };
  const wanted = wantedPorts(base);
  const services = {} as Record<ServiceName, ServicePorts>;
  const proxy = await choose(wanted.proxy);
  const admin = await choose(wanted.admin);
  const status = await choose(wanted.status);
  for (const name of SERVICES) {
    const own = wanted.services[name];
    services[name] = {
      app: await choose(own.app),
      inbound: await choose(own.inbound),
      status: await choose(own.status),
    };
  }
  const outbound = await choose(wanted.outbound);
  return { ports: { proxy, admin, status, services, outbound }, notes };
}

function wantedPorts(base: number | undefined): DemoPorts {
  if (base === undefined) return WELL_KNOWN;
  // Two demos that look for any ports at the same moment start from different ones.
  let next = base === 0 ? FREE_FROM + ((process.pid * BLOCK) % FREE_SPAN) : base;
  const [proxy, admin, status] = [next++, next++, next++];
  const service = (): ServicePorts => ({ app: next++, inbound: next++, status: next++ });
  const services = { catalog: service(), orders: service(), payments: service() };
  return { proxy, admin, status, services, outbound: next };
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

async function takenNote(wanted: number, port: number): Promise<string> {
  const owner = await portOwner(wanted);
  const by = owner === undefined ? '' : ` by pid ${owner.pid} (${owner.command})`;
  return `port ${wanted} is taken${by}; using ${port}`;
}
