/**
 * Carries out a plan, step by step, into a journal. Steps that the journal has are not done again. Verdicts come
 * before timings; patterns that do not decide alike are not timed. Whatever happens, no process is left.
 */
import { join } from 'node:path';
import { comparableOf, compareAll } from '../conformance/verdicts.ts';
import { voidReason } from '../load/gates.ts';
import type { Generator } from '../load/generator.ts';
import { Histogram } from '../measure/histogram.ts';
import { BIN_MS, type OpenLoopTarget } from '../measure/open-loop.ts';
import type { Placement } from '../measure/placement.ts';
import { coreTime } from '../measure/proc.ts';
import { seededRandom, shuffled } from '../measure/random.ts';
import { median } from '../measure/statistics.ts';
import { expectedHops, hopsDiffer } from '../model/hops.ts';
import type { PolicySet } from '../policies/policy-set.ts';
import { calibration, roundTrips, startEcho } from '../relay/calibrate.ts';
import { entryOf } from '../topologies/addresses.ts';
import { Environment } from '../topologies/environment.ts';
import type { TopologyId } from '../topologies/topology.ts';
import type { Journal } from './journal.ts';
import { type Cell, type EnvironmentPlan, FAILURE_PAIRS, type FailureStep, type Plan } from './plan.ts';
import type { MeasurementEntry } from './records.ts';
import { membersOf, readCounters, readCpu, residentBytes, setRoundTrip } from './usage.ts';

export interface RunContext {
  readonly plan: Plan;
  readonly journal: Journal;
  readonly generator: Generator;
  readonly placement: Placement;
  readonly directory: string;
  readonly portBase: number | undefined;
  readonly policySet: (name: string, directory: string) => Promise<PolicySet>;
  /** `performance.now()` when the run began. */
  readonly startedMs: number;
  /** Aborted by Ctrl+C. */
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
  readonly notice: (text: string) => void;
}

const CONNECTIONS = 32;
const WARM_UP_RATE = 400;
/** At most that many times the rounds of the plan, when some are void. */
const MORE_ROUNDS = 2;
const LEAST_ROUNDS = 3;
const CALIBRATION_SAMPLES = 150;
/** Of the cores that services and proxies have. */
const LOAD_SHARE = 0.3;
const RATES = { least: 10, most: 200 } as const;
const MEASURE_WARM_UP_SECONDS = 0.1;

export async function runPlan(context: RunContext): Promise<void> {
  for (const environmentPlan of context.plan.environments)
    await new EnvironmentRun(context, environmentPlan).run();
}

class EnvironmentRun {
  private readonly context: RunContext;
  private readonly plan: EnvironmentPlan;
  private environment!: Environment;
  private policies!: PolicySet;
  private comparable: TopologyId[] = [];
  private cpuPerRequest: Readonly<Record<string, number>> = {};

  constructor(context: RunContext, plan: EnvironmentPlan) {
    this.context = context;
    this.plan = plan;
  }

  async run(): Promise<void> {
    const { context, plan } = this;
    if (this.isDone()) return;
    const directory = join(context.directory, plan.policies);
    this.policies = await context.policySet(plan.policies, directory);
    const others = context.placement.cores.filter((core) => core !== context.placement.load);
    this.environment = await Environment.open({
      policies: this.policies,
      topologies: plan.topologies,
      depth: plan.depth,
      directory,
      cores: context.placement.load === null ? [] : others,
      portBase: context.portBase,
      controlPlane: plan.controlPlane,
      progress: context.progress,
    });
    try {
      await this.calibrate();
      await this.compareVerdicts();
      await this.warmUp();
      await this.measureAll();
      for (const step of plan.failures) await this.fail(step);
    } finally {
      await this.environment.stop();
    }
  }

  private isDone(): boolean {
    const { journal } = this.context;
    const { policies, failures } = this.plan;
    const verdicts = journal.entries.find(
      (entry) => entry.type === 'verdicts' && entry.policies === policies,
    );
    if (verdicts?.type !== 'verdicts') return false;
    this.comparable = comparableOf(verdicts.verdicts);
    return (
      this.steps().every(
        ({ cell, round, key }) =>
          journal.has({ type: 'measurement', key }) || (round >= cell.rounds && this.isFull(cell)),
      ) &&
      failures.every(
        (step) =>
          !this.comparable.includes(step.topology) ||
          journal.has({ type: 'failure', key: this.failureKey(step) }),
      )
    );
  }

  /** How far apart the hosts really are. */
  private async calibrate(): Promise<void> {
    const { plan, environment, context } = this;
    const key = plan.policies;
    if (context.journal.has({ type: 'calibration', key })) return;
    context.progress(`${plan.policies}: measuring the distance between hosts`);
    const echo = await startEcho(environment.ports.echo);
    try {
      const relayPort = environment.ports.relayed.get(echo.port)!;
      await roundTrips(echo.port, CALIBRATION_SAMPLES);
      await roundTrips(relayPort, CALIBRATION_SAMPLES);
      const direct = await roundTrips(echo.port, CALIBRATION_SAMPLES);
      const distances = [...new Set(plan.cells.map(({ roundTripMs }) => roundTripMs))].filter(
        (ms) => ms !== null,
      );
      const calibrations = [];
      for (const ms of distances) {
        await setRoundTrip(environment, ms);
        calibrations.push(calibration(ms, direct, await roundTrips(relayPort, CALIBRATION_SAMPLES)));
      }
      context.journal.append({
        type: 'calibration',
        key,
        policies: plan.policies,
        loopbackMs: median(direct),
        calibrations,
      });
    } finally {
      echo.close();
    }
  }

  private async compareVerdicts(): Promise<void> {
    const { plan, environment, context } = this;
    const verdicts = await compareAll(environment, plan.topologies, (topology) => {
      this.stopIfAsked();
      context.progress(`${plan.policies}: do all decide alike? ${topology}`);
    });
    this.comparable = comparableOf(verdicts);
    for (const { topology, differences } of verdicts)
      if (differences.length > 0)
        context.notice(`${plan.policies}: ${topology} is not compared: ${differences[0]}`);
    if (!context.journal.has({ type: 'verdicts', key: plan.policies }))
      context.journal.append({ type: 'verdicts', key: plan.policies, policies: plan.policies, verdicts });
  }

  /** Also says what a request costs, and so which rate leaves the machine idle enough. */
  private async warmUp(): Promise<void> {
    const { plan, environment, context } = this;
    const calls = Math.max(1, ...plan.cells.map((cell) => cell.calls));
    const cpuUsPerRequest: Record<string, number> = {};
    const slow = plan.cells.length > 0 && plan.cells.every(({ rate }) => rate !== null);
    const rate = slow ? (plan.cells[0]?.rate ?? WARM_UP_RATE) : WARM_UP_RATE;
    for (const topology of this.comparable) {
      this.stopIfAsked();
      context.progress(`${plan.policies}: warming up ${topology}`);
      const members = membersOf(environment, topology);
      const half = plan.warmUpRequests / 2 / rate;
      const load = {
        rate,
        warmUpSeconds: 0,
        seconds: half,
        connections: CONNECTIONS,
        sleeps: true,
        timeoutMs: 5000,
      };
      const targets = [this.targetOf(topology, { kind: 'depth', calls, roundTripMs: null, hitRatio: 0.9 })];
      await context.generator.run({ ...load, targets, seed: 1 });
      const before = readCpu(members);
      const result = await context.generator.run({ ...load, targets, seed: 2 });
      const after = readCpu(members);
      const used = Object.entries(after).reduce(
        (sum, [role, us]) => sum + us - before[role as keyof typeof before],
        0,
      );
      cpuUsPerRequest[topology] = used / Math.max(1, result.answered);
    }
    this.cpuPerRequest = cpuUsPerRequest;
    const resident = residentBytes(environment.members);
    const known = context.journal.entries.find(
      (entry) => entry.type === 'rates' && entry.key === plan.policies,
    );
    if (known?.type === 'rates') this.cpuPerRequest = known.cpuUsPerRequest;
    else
      context.journal.append({
        type: 'rates',
        key: plan.policies,
        policies: plan.policies,
        cpuUsPerRequest,
        warmUpCalls: calls,
        residentBytes: Object.fromEntries(
          environment.members.map(({ name, role }) => [name, { role, bytes: resident[name] ?? 0 }]),
        ),
      });
  }

  private rateOf(cell: Cell): number {
    if (cell.rate !== null) return cell.rate;
    const { placement } = this.context;
    const cores = Math.max(1, placement.cores.length - (placement.load === null ? 0 : 1));
    const warmUpCalls = Math.max(...this.plan.cells.map(({ calls }) => calls));
    const dearest = Math.max(...Object.values(this.cpuPerRequest)) * ((cell.calls + 1) / (warmUpCalls + 1));
    const rate = Math.floor((LOAD_SHARE * cores * 1e6) / dearest);
    return Math.min(RATES.most, Math.max(RATES.least, rate));
  }

  private steps(): { cell: Cell; topology: TopologyId; round: number; key: string }[] {
    const { plan, context } = this;
    const steps = [];
    const most = Math.max(0, ...plan.cells.map(({ rounds }) => rounds * MORE_ROUNDS));
    for (let round = 0; round < most; round++) {
      const random = seededRandom(context.plan.seed * 1009 + round);
      for (const cell of shuffled(
        plan.cells.filter(({ rounds }) => round < rounds * MORE_ROUNDS),
        random,
      )) {
        for (const topology of shuffled(
          cell.topologies.filter((id) => this.comparable.includes(id)),
          random,
        )) {
          const { kind, calls, roundTripMs, hitRatio } = cell;
          const key = [plan.policies, kind, calls, roundTripMs ?? 'near', hitRatio, topology, round].join(
            '|',
          );
          steps.push({ cell, topology, round, key });
        }
      }
    }
    return steps;
  }

  private async measureAll(): Promise<void> {
    const { context, plan } = this;
    const steps = this.steps();
    let roundTripMs: number | null = null;
    const blocks = new Map<string, boolean>();
    for (const [at, { cell, topology, round, key }] of steps.entries()) {
      this.stopIfAsked();
      if (context.journal.has({ type: 'measurement', key })) continue;
      if (this.late() && round >= LEAST_ROUNDS) continue;
      // More rounds where some were void: whole ones, because patterns are compared inside rounds.
      const block = JSON.stringify([cell, round]);
      if (round >= cell.rounds && !blocks.has(block)) blocks.set(block, this.isFull(cell));
      if (blocks.get(block) === true) continue;
      if (cell.roundTripMs !== null && cell.roundTripMs !== roundTripMs) {
        roundTripMs = cell.roundTripMs;
        await setRoundTrip(this.environment, roundTripMs);
      }
      context.progress(
        `${plan.policies}: ${at + 1} of at most ${steps.length}, round ${round + 1}, ${topology}, ${describeCell(cell)}`,
      );
      const entry = await this.measure(cell, topology, round, key);
      this.stopIfAsked();
      context.journal.append(entry);
    }
  }

  /** Every pattern of the cell has as many valid rounds as were wanted. */
  private isFull(cell: Cell): boolean {
    const valid = new Map<TopologyId, number>();
    for (const entry of this.context.journal.entries) {
      if (entry.type !== 'measurement' || entry.void !== null) continue;
      if (entry.policies === this.plan.policies && sameCell(entry.cell, cell))
        valid.set(entry.topology, (valid.get(entry.topology) ?? 0) + 1);
    }
    return cell.topologies.every(
      (id) => !this.comparable.includes(id) || (valid.get(id) ?? 0) >= cell.rounds,
    );
  }

  private async measure(
    cell: Cell,
    topology: TopologyId,
    round: number,
    key: string,
  ): Promise<MeasurementEntry> {
    const { context, environment, plan } = this;
    const members = membersOf(environment, topology);
    const rate = this.rateOf(cell);
    const countersBefore = await readCounters(environment, members);
    const coresBefore = this.busyTicks();
    const cpuBefore = readCpu(members);
    const result = await context.generator.run({
      targets: [this.targetOf(topology, cell)],
      rate,
      warmUpSeconds: MEASURE_WARM_UP_SECONDS,
      seconds: cell.seconds,
      connections: CONNECTIONS,
      // The same arrivals for every pattern of a round.
      seed: context.plan.seed * 7919 + round * 101 + cell.calls,
      sleeps: true,
      timeoutMs: 10_000,
    });
    const cpuAfter = readCpu(members);
    const coresAfter = this.busyTicks();
    const resident = residentBytes(members);
    const countersAfter = await readCounters(environment, members);
    const cpuUs = { ...cpuAfter };
    for (const role of Object.keys(cpuUs) as (keyof typeof cpuUs)[]) cpuUs[role] -= cpuBefore[role];
    const hops = {
      parses: countersAfter.parses - countersBefore.parses,
      chainRuns: countersAfter.chainRuns - countersBefore.chainRuns,
      crossings: countersAfter.crossings - countersBefore.crossings,
    };
    const expected = expectedHops(topology, cell, result.sentInAll, this.policies.plugins.length > 0);
    // Each legacy process rounds its share of questions; and it may owe one from before.
    const slack = topology === 'T6' ? 2 * cell.calls : 0;
    const reason = voidReason(result) ?? prefixed('hops: ', hopsDiffer(expected, hops, slack));
    const { kind, calls, roundTripMs, hitRatio, seconds } = cell;
    return {
      type: 'measurement',
      key,
      policies: plan.policies,
      cell: { kind, calls, roundTripMs, hitRatio, rate: cell.rate, seconds },
      topology,
      round,
      rate,
      sent: result.sent,
      failed: result.failed,
      p50Us: result.p50Us,
      p99Us: result.p99Us,
      meanUs: Histogram.from(result.latency).meanUs,
      sendLagP99Us: result.sendLagP99Us,
      generatorCpu: result.generatorCpu,
      inFlight: result.inFlight,
      busy:
        coresBefore === null || coresAfter === null
          ? null
          : (coresAfter.busy - coresBefore.busy) / Math.max(1, coresAfter.total - coresBefore.total),
      latency: result.latency,
      service: result.service,
      requests: result.sentInAll,
      cpuUs,
      hops,
      residentBytes: resident,
      void: reason,
    };
  }

  /** Kills a process under load and watches which pairs of services notice, and for how long. */
  private async fail(step: FailureStep): Promise<void> {
    const { context, environment, plan } = this;
    const key = this.failureKey(step);
    if (!this.comparable.includes(step.topology) || context.journal.has({ type: 'failure', key })) return;
    this.stopIfAsked();
    context.progress(`${plan.policies}: ${step.topology}, killing ${step.kills} under load`);
    const cell = { kind: 'depth', calls: 1, roundTripMs: null, hitRatio: step.hitRatio } as const;
    const targets = Array.from({ length: FAILURE_PAIRS }, (_, from) => ({
      ...this.targetOf(step.topology, cell, from),
      name: `s${from} -> s${from + 1}`,
    }));
    let killedAt = 0;
    let readyAt: number | null = null;
    let restarting: Promise<void> | undefined;
    const timer = setTimeout(() => {
      killedAt = Date.now();
      environment.kill(step.kills);
      restarting = pause(step.restartAfterMs)
        .then(() => environment.restart(step.kills))
        .then(() => {
          readyAt = Date.now();
        });
      restarting.catch(() => {});
    }, step.killAfterSeconds * 1000);
    try {
      const result = await context.generator.run({
        targets,
        rate: step.rate,
        warmUpSeconds: 0,
        seconds: step.seconds,
        connections: CONNECTIONS,
        seed: context.plan.seed,
        sleeps: true,
        timeoutMs: 2000,
      });
      await restarting;
      this.stopIfAsked();
      context.journal.append({
        type: 'failure',
        key,
        policies: plan.policies,
        topology: step.topology,
        kills: step.kills,
        hitRatio: step.hitRatio,
        rate: step.rate,
        killedAtMs: killedAt - result.beganAtMs,
        readyAtMs: readyAt === null ? null : readyAt - result.beganAtMs,
        binMs: BIN_MS,
        pairs: result.targets.map(({ name, sent, failed, bins }) => ({ name, sent, failed, bins })),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  private failureKey({ topology, kills }: FailureStep): string {
    return [this.plan.policies, topology, kills].join('|');
  }

  private targetOf(
    topology: TopologyId,
    { kind, calls, roundTripMs, hitRatio }: Pick<Cell, 'kind' | 'calls' | 'roundTripMs' | 'hitRatio'>,
    from = 0,
  ): OpenLoopTarget {
    const entry = entryOf(this.environment.ports, topology, from);
    return {
      name: topology,
      port: entry.port,
      path: kind === 'fan' ? `/fan/${calls}` : `/chain/${calls}`,
      headers: {
        Host: entry.host,
        'x-lab-topology': topology,
        'x-lab-network': roundTripMs === null ? 'near' : 'far',
        'x-lab-hit-ratio': String(hitRatio),
        ...this.policies.headers,
      },
    };
  }

  private busyTicks(): { busy: number; total: number } | null {
    let busy = 0;
    let total = 0;
    for (const core of this.context.placement.cores) {
      const time = coreTime(core);
      if (time === null) return null;
      busy += time.busyTicks;
      total += time.totalTicks;
    }
    return { busy, total };
  }

  private late(): boolean {
    const { plan, startedMs } = this.context;
    return plan.enoughAfterSeconds !== null && performance.now() - startedMs > plan.enoughAfterSeconds * 1000;
  }

  private stopIfAsked(): void {
    this.context.signal.throwIfAborted();
  }
}

function sameCell(a: Pick<Cell, 'kind' | 'calls' | 'roundTripMs' | 'hitRatio'>, b: typeof a): boolean {
  return (
    a.kind === b.kind && a.calls === b.calls && a.roundTripMs === b.roundTripMs && a.hitRatio === b.hitRatio
  );
}

export function describeCell({
  kind,
  calls,
  roundTripMs,
  hitRatio,
}: Pick<Cell, 'kind' | 'calls' | 'roundTripMs' | 'hitRatio'>): string {
  switch (kind) {
    case 'depth':
      return `${calls} ${calls === 1 ? 'call' : 'calls in a row'}`;
    case 'fan':
      return `${calls} calls at once`;
    case 'distance':
      return `round trip ${roundTripMs} ms`;
    case 'hits':
      return `hit ratio ${hitRatio}`;
  }
}

function prefixed(prefix: string, text: string | null): string | null {
  return text === null ? null : prefix + text;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
