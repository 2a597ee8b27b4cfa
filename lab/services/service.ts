/**
 * One service of the lab, as a process: `node service.ts OPTIONS.json`. It knows for each pattern how the other
 * services are reached, and which pattern a request is for by the request's own header, so that all patterns share
 * the same services. With a configuration for it, a second port has the plugins in process (T1).
 *
 *   /chain/N     calls the next service's /chain/N-1; with 0 it answers by itself
 *   /fan/K       calls /chain/0 of K others at once
 *   /one/NAME/.. passes a request on to one other service, and its answer back as it is
 *   /lab/usage   what this process has used and done
 *   anything else is answered with what arrived
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { createReader } from '../../shared/config/source/declarative-reader.ts';
import { createLogger } from '../../shared/observe/logger.ts';
import { openCatalog } from '../../shared/plugins/catalog.ts';
import type { EmbeddedPolicies } from '../embedded/pipeline.ts';
import type { NetworkName, Peer } from '../topologies/addresses.ts';
import type { TopologyId } from '../topologies/topology.ts';
import type { AppAnswer, AppRequest } from './app-request.ts';
import { answer, fieldLines, serve } from './serve.ts';

export interface ServiceOptions {
  readonly name: string;
  readonly number: number;
  readonly port: number;
  /** `${topology}/${network}` to the peers by number; null for itself. */
  readonly peers: Readonly<Record<string, readonly (Peer | null)[]>>;
  readonly embedded: null | {
    readonly port: number;
    readonly configuration: Readonly<Record<string, unknown>>;
    readonly pluginPaths: readonly string[];
  };
}

export interface ServiceUsage {
  readonly cpuUs: number;
  readonly handled: number;
  readonly called: number;
  readonly chainRuns: number;
  readonly heapBytes: number;
  /** Part of the time its event loop was busy since the last look. */
  readonly loopBusy: number;
}

const BODY = Buffer.from(`${JSON.stringify({ item: 4711, name: 'Tea pot', pad: 'x'.repeat(60) })}\n`);
const HOP_BY_HOP = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive']);
/** Fields a proxy adds or makes anew: no part of a verdict, and not to be passed on as the client's. */
const PROXY_FIELDS =
  /^(?:via|x-forwarded-|x-real-ip|x-kong-|x-consumer-|x-credential-|x-anonymous-|x-authenticated-)/;
const EMPTY = Buffer.alloc(0);

class Service {
  readonly options: ServiceOptions;
  readonly agent = new Agent({ keepAlive: true, maxSockets: 512, scheduling: 'lifo' });
  policies: EmbeddedPolicies | undefined;
  private handled = 0;
  private called = 0;
  private loop = performance.eventLoopUtilization();

  constructor(options: ServiceOptions) {
    this.options = options;
  }

  readonly application = async (incoming: AppRequest): Promise<AppAnswer> => {
    const [, first, second] = incoming.target.split('/', 3) as [string, string?, string?];
    if (first === 'lab') return answer(200, Buffer.from(JSON.stringify(this.usage())));
    this.handled++;
    if (first === 'chain') {
      const left = Number(second);
      if (!(left > 0)) return answer(200, BODY);
      return this.call(incoming, this.options.number + 1, `/chain/${left - 1}`, 'GET', EMPTY);
    }
    if (first === 'fan') {
      const others = Array.from({ length: Number(second) }, (_, at) => at + 1);
      const answers = await Promise.all(
        others.map((number) => this.call(incoming, number, '/chain/0', 'GET', EMPTY)),
      );
      return answers.find(({ status }) => status !== 200) ?? answers[0]!;
    }
    if (first === 'one') {
      const target = incoming.target.slice(`/one/${second}`.length);
      return this.call(
        incoming,
        Number(second),
        target === '' ? '/' : target,
        incoming.method,
        incoming.body,
      );
    }
    return answer(200, echo(incoming));
  };

  private call(
    incoming: AppRequest,
    number: number,
    path: string,
    method: string,
    body: Buffer,
  ): Promise<AppAnswer> {
    const topology = incoming.headers.get('x-lab-topology') as TopologyId | undefined;
    const network = incoming.headers.get('x-lab-network') as NetworkName | undefined;
    const peer = this.options.peers[`${topology}/${network ?? 'near'}`]?.[number];
    if (peer === undefined || peer === null)
      return Promise.resolve(answer(500, Buffer.from(`${this.options.name} cannot reach s${number}`)));
    const headers: string[] = ['Host', peer.host];
    incoming.headers.forEach((name, value) => {
      const lower = name.toLowerCase();
      if (!HOP_BY_HOP.has(lower) && !PROXY_FIELDS.test(lower)) headers.push(name, value);
    });
    if (body.length > 0) headers.push('Content-Length', String(body.length));
    this.called++;
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: peer.port, path, method, headers, agent: this.agent },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const kept: string[] = [];
            for (let at = 0; at + 1 < response.rawHeaders.length; at += 2) {
              const name = response.rawHeaders[at]!;
              if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, response.rawHeaders[at + 1]!);
            }
            resolve({
              status: response.statusCode ?? 0,
              headers: fieldLines(kept),
              body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks),
            });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body.length === 0 ? undefined : body);
    });
  }

  private usage(): ServiceUsage {
    const { user, system } = process.cpuUsage();
    const loop = performance.eventLoopUtilization(this.loop);
    this.loop = performance.eventLoopUtilization();
    let chainRuns = 0;
    for (const family of this.policies?.metrics.snapshot().families ?? []) {
      if (family.name === 'cardinal_lab_chain_runs_total')
        for (const value of family.values) chainRuns += value;
    }
    return {
      cpuUs: user + system,
      handled: this.handled,
      called: this.called,
      chainRuns,
      heapBytes: process.memoryUsage().heapUsed,
      loopBusy: loop.utilization,
    };
  }
}

/** What the application was asked, without what every hop writes anew. */
function echo(incoming: AppRequest): Buffer {
  const consumer = incoming.headers.get('x-consumer-username') ?? null;
  const { method, target, body } = incoming;
  return Buffer.from(`${JSON.stringify({ method, target, body: body.toString('latin1'), consumer })}\n`);
}

async function openPolicies(options: ServiceOptions): Promise<EmbeddedPolicies | undefined> {
  const { embedded, name, number, port } = options;
  if (embedded === null) return undefined;
  // Only where they are wanted: the other patterns' services carry nothing of the gateway.
  const { EmbeddedPolicies: Policies } = await import('../embedded/pipeline.ts');
  const catalog = await openCatalog(['bundled'], embedded.pluginPaths);
  const outcome = await createReader(catalog.schemas).readObject(embedded.configuration);
  if (!outcome.ok) throw new Error(outcome.findings.map(({ message }) => message).join('; '));
  await catalog.load(outcome.configuration);
  return Policies.open({
    configuration: outcome.configuration,
    plugins: catalog.definitions,
    service: name,
    port,
    log: createLogger({ level: 'warn', write: (line) => void process.stderr.write(line) }),
    nodeId: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
  });
}

async function main(): Promise<void> {
  const options = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ServiceOptions;
  const service = new Service(options);
  service.policies = await openPolicies(options);
  if (service.policies !== undefined)
    await serve(service.policies.around(service.application), options.embedded!.port);
  await serve(service.application, options.port);
  process.on('SIGTERM', () => process.exit(0));
}

if (process.argv[1] === import.meta.filename) {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message}\n`);
    process.exit(1);
  }
}
