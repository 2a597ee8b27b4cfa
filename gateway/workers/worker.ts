/**
 * One worker thread: one engine, told what to do by the supervisor. An exception that nobody caught ends
 * this thread and no other; the supervisor replaces it.
 */
import { flushCompileCache } from 'node:module';
import { BroadcastChannel, parentPort, workerData } from 'node:worker_threads';
import { EMPTY_CONFIGURATION } from '../../shared/config/empty.ts';
import { flushLineWriters } from '../../shared/observe/line-writer.ts';
import { createLogger } from '../../shared/observe/logger.ts';
import { MetricsRegistry } from '../../shared/observe/metrics.ts';
import { RequestWatch } from '../../shared/observe/request-watch.ts';
import { writeStandardError } from '../../shared/observe/standard-error.ts';
import { openCatalog } from '../../shared/plugins/catalog.ts';
import type { Engine, PreparedConfiguration } from '../../shared/proxy/contract.ts';
import type { CreateEngine, PeerChannel } from '../../shared/proxy/engine-options.ts';
import { openCounterTable } from '../../shared/state/counter-table.ts';
import { Arrivals } from './arrivals.ts';
import { keptRequests } from './kept-requests.ts';
import {
  toWire,
  type WorkerCommand,
  type WorkerData,
  type WorkerMessage,
  type WorkerReport,
  type WorkerRequest,
} from './protocol.ts';
import { WorkerTaps } from './worker-taps.ts';

const REPORT_INTERVAL_MS = 1_000;
const port = parentPort;
if (port === null) throw new Error('worker.ts runs in a worker thread only');
const data = workerData as WorkerData;

const log = createLogger({ ...data.log, write: writeStandardError }).child('worker', { worker: data.slot });
const metrics = new MetricsRegistry();
const observer = new RequestWatch(data.observe);
const { createEngine } = (await import(data.engineModule)) as { createEngine: CreateEngine };
const catalog = await openCatalog(data.plugins, data.pluginPaths, data.functionModules);
const engine: Engine = createEngine({
  settings: data.settings,
  plugins: catalog.definitions,
  counters: openCounterTable(data.counters),
  metrics,
  observer,
  log,
  node: data.node,
  roles: [{ kind: 'edge' }],
  // One of the workers asks the upstreams for all of them.
  probes: data.slot === 1,
  peers: openPeerChannel(data.peerChannel),
});

let prepared: PreparedConfiguration | undefined;
let preparedConfiguration = EMPTY_CONFIGURATION;
const arrivals = new Arrivals();
const taps = new WorkerTaps(observer, (tap, batch) => say({ type: 'tapped', tap, batch }));

function report(): WorkerReport {
  return {
    metrics: metrics.snapshot(),
    status: engine.status(),
    heapUsedBytes: process.memoryUsage().heapUsed,
    traffic: observer.counters.take(),
  };
}

function say(message: WorkerMessage): void {
  port?.postMessage(message);
}

async function perform(command: WorkerCommand): Promise<unknown> {
  switch (command.type) {
    case 'part':
      arrivals.part(command);
      return undefined;
    case 'prepare':
      prepared?.discard();
      prepared = undefined;
      {
        const configuration = arrivals.received(command.configuration);
        await catalog.load(configuration);
        prepared = await engine.prepare(configuration, command.generation);
        preparedConfiguration = configuration;
      }
      return undefined;
    case 'commit': {
      const ready = prepared;
      if (ready?.generation !== command.generation) {
        throw new Error(`generation ${command.generation} was not prepared`);
      }
      prepared = undefined;
      engine.commit(ready);
      arrivals.serves(command.generation, preparedConfiguration);
      return undefined;
    }
    case 'discard':
      if (prepared?.generation === command.generation) {
        prepared.discard();
        prepared = undefined;
      }
      return undefined;
    case 'listen':
      return (await engine.listen(command.specs)).length;
    case 'report':
      // Not as the answer: who asked may have given up, and what was counted must not be lost with it.
      say({ type: 'report', report: report() });
      return undefined;
    case 'open-tap':
      return taps.open(command.tap, command.options);
    case 'close-tap':
      return taps.close(command.tap);
    case 'tap-taken':
      return observer.batchTaken(command.tap);
    case 'request':
      return observer.ring.find(command.requestId);
    case 'requests':
      return keptRequests(observer, command.query);
    case 'mark-target':
      return engine.markTarget(command.upstreamId, command.target, command.address, command.healthy);
    case 'operate-plugin':
      return engine.operatePlugin(command.command);
    case 'log-level':
      log.setLevel(command.level);
      return undefined;
    case 'drain':
      return engine.drain(command.timeoutMs);
    case 'close':
      await engine.close();
      await flushLineWriters();
      return report();
  }
}

port.on('message', (request: WorkerRequest) => {
  perform(request.command).then(
    (result) => say({ type: 'done', id: request.id, result }),
    (error: unknown) => say({ type: 'failed', id: request.id, error: toWire(error) }),
  );
});

// Its last numbers, so that what a dying worker counted is not lost.
process.on('uncaughtExceptionMonitor', () => say({ type: 'report', report: report() }));
setInterval(() => say({ type: 'report', report: report() }), REPORT_INTERVAL_MS);
// What this start had to compile, the next worker finds.
flushCompileCache();
say({ type: 'started' });

function openPeerChannel(name: string): PeerChannel {
  const channel = new BroadcastChannel(name);
  const listeners = new Map<string, ((message: unknown) => void)[]>();
  channel.onmessage = (event: unknown) => {
    const { topic, message } = (event as { data: { topic: string; message: unknown } }).data;
    for (const listener of listeners.get(topic) ?? []) listener(message);
  };
  return {
    send: (topic, message) => channel.postMessage({ topic, message }),
    receive(topic, listener) {
      const known = listeners.get(topic);
      if (known === undefined) listeners.set(topic, [listener]);
      else known.push(listener);
    },
  };
}
