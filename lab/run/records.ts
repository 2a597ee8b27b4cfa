/** What a run writes down. A result file is all of it in one document; the schema version stands for these shapes. */
import type { VerdictRecord } from '../conformance/verdicts.ts';
import type { StoredHistogram } from '../measure/histogram.ts';
import type { Calibration } from '../relay/calibrate.ts';
import type { Role } from '../topologies/environment.ts';
import type { TopologyId } from '../topologies/topology.ts';
import type { Cell, Plan } from './plan.ts';

export const SCHEMA_VERSION = 1;

export interface MachineRecord {
  readonly cpu: string;
  readonly cores: number;
  readonly usableCores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
  readonly governor: string;
  readonly openFiles: string;
  readonly commit: string;
  readonly placement: string;
  readonly loadBefore: number;
  /** How the distance between hosts is made, and why so. */
  readonly distance: { readonly by: 'relay'; readonly why: string };
}

export interface StartEntry {
  readonly type: 'start';
  readonly key: 'start';
  readonly schemaVersion: number;
  readonly startedAt: string;
  readonly command: string;
  readonly plan: Plan;
  readonly machine: MachineRecord;
}

export interface CalibrationEntry {
  readonly type: 'calibration';
  readonly key: string;
  readonly policies: string;
  readonly loopbackMs: number;
  readonly calibrations: readonly Calibration[];
}

export interface VerdictsEntry {
  readonly type: 'verdicts';
  readonly key: string;
  readonly policies: string;
  readonly verdicts: readonly VerdictRecord[];
}

export interface RatesEntry {
  readonly type: 'rates';
  readonly key: string;
  readonly policies: string;
  /** CPU microseconds of one request over all processes but the generator, at the warm-up's depth. */
  readonly cpuUsPerRequest: Readonly<Record<string, number>>;
  readonly warmUpCalls: number;
  readonly residentBytes: Readonly<Record<string, { readonly role: Role; readonly bytes: number }>>;
}

export interface MeasurementEntry {
  readonly type: 'measurement';
  readonly key: string;
  readonly policies: string;
  readonly cell: Omit<Cell, 'topologies' | 'rounds'>;
  readonly topology: TopologyId;
  readonly round: number;
  readonly rate: number;
  readonly sent: number;
  readonly failed: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly meanUs: number;
  readonly sendLagP99Us: number;
  readonly generatorCpu: number;
  readonly inFlight: number;
  /** Part of the usable cores that was busy meanwhile, others included; null where the system does not say. */
  readonly busy: number | null;
  readonly latency: StoredHistogram;
  readonly service: StoredHistogram;
  /** All requests, the warm-up included: what the CPU time and the hops are for. */
  readonly requests: number;
  readonly cpuUs: Readonly<Record<Role, number>>;
  readonly hops: { readonly parses: number; readonly chainRuns: number; readonly crossings: number };
  readonly residentBytes: Readonly<Record<string, number>>;
  /** Why it does not count; null when it does. */
  readonly void: string | null;
}

export interface FailureEntry {
  readonly type: 'failure';
  readonly key: string;
  readonly policies: string;
  readonly topology: TopologyId;
  readonly kills: string;
  readonly hitRatio: number;
  readonly rate: number;
  readonly killedAtMs: number;
  /** When the process was ready again; null: it was not started again. */
  readonly readyAtMs: number | null;
  readonly binMs: number;
  readonly pairs: readonly {
    readonly name: string;
    readonly sent: number;
    readonly failed: number;
    readonly bins: readonly (readonly [number, number])[];
  }[];
}

export interface EndEntry {
  readonly type: 'end';
  readonly key: 'end';
  readonly endedAt: string;
  readonly seconds: number;
}

export type JournalEntry =
  | StartEntry
  | CalibrationEntry
  | VerdictsEntry
  | RatesEntry
  | MeasurementEntry
  | FailureEntry
  | EndEntry;
