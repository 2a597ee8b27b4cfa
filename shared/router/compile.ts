/**
 * Turns the routes of a configuration into a router, Kong's traditional-compatible rules: in one go, or in
 * slices between which the process serves requests. The outcome is the same.
 *
 * Only http and grpc routes take part. Leaving out the routes of disabled services is the caller's work.
 */
import type { Protocol, Route } from '../config/entities.ts';
import { CompiledRouter } from './compiled-router.ts';
import type { Router } from './contract.ts';
import { compileEntry, type Entry } from './entry.ts';
import { HeaderView } from './header-view.ts';
import { pathGroups } from './priority.ts';
import { RouteIndex } from './route-index.ts';
import { sortSteps } from './sort-steps.ts';

/** A route and what the caller wants back when it matches. */
export interface RouteInput<T> {
  readonly route: Route;
  readonly value: T;
}

export interface SliceOptions {
  /** How long a slice may hold the event loop. One step more may run: well under a millisecond. */
  readonly sliceMs?: number;
  /** Lets others run; by default `setImmediate`. */
  readonly pause?: () => Promise<void>;
  /** Milliseconds, monotonic. */
  readonly now?: () => number;
}

const STREAM_PROTOCOLS: ReadonlySet<Protocol> = new Set<Protocol>(['tcp', 'tls', 'tls_passthrough', 'udp']);

/** Entries handled between two looks at the clock: an expression for RE2 may take a tenth of a millisecond. */
const STEP = 4;

/** Throws a `RouteCompileError` when a route has an expression that cannot be compiled. */
export function compileRouter<T>(routes: readonly RouteInput<T>[]): Router<T> {
  const steps = compileSteps(routes);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same without holding the event loop; rejects where `compileRouter` throws. */
export async function compileRouterSliced<T>(
  routes: readonly RouteInput<T>[],
  options: SliceOptions = {},
): Promise<Router<T>> {
  const { sliceMs = 4, pause = nextTurn, now = () => performance.now() } = options;
  const steps = compileSteps(routes);
  let sliceEnd = now() + sliceMs;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (now() < sliceEnd) continue;
    await pause();
    sliceEnd = now() + sliceMs;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function* compileSteps<T>(routes: readonly RouteInput<T>[]): Generator<void, Router<T>> {
  const view = new HeaderView();
  const unordered: Entry<T>[] = [];
  let size = 0;
  for (const { route, value } of routes) {
    if (STREAM_PROTOCOLS.has(route.protocols[0]!)) continue;
    for (const group of pathGroups(route)) unordered.push(compileEntry(route, value, group, view));
    if (++size % STEP === 0) yield;
  }
  const entries = yield* sortSteps(unordered, byPriority);
  const index = new RouteIndex<T>();
  for (let rank = 0; rank < entries.length; rank++) {
    const entry = entries[rank]!;
    entry.rank = rank;
    index.add(entry);
    if (rank % STEP === 0) yield;
  }
  yield* index.finish();
  return new CompiledRouter(size, entries, index, view);
}

/** Higher priority first, then the greater id. */
function byPriority<T>(a: Entry<T>, b: Entry<T>): number {
  if (a.group.priority !== b.group.priority) return a.group.priority > b.group.priority ? -1 : 1;
  if (a.group.id === b.group.id) return 0;
  return a.group.id > b.group.id ? -1 : 1;
}
