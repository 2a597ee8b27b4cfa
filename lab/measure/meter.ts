/** CPU time that a process tree takes from now on, and what others take of its core meanwhile. */

import { coreTime, TICKS_PER_SECOND, treeCpuUs } from './proc.ts';

export interface MeterReading {
  readonly cpuUs: number;
  readonly wallUs: number;
  /** Part of the core that something else used, 0 to 1; null when no core is watched. */
  readonly foreignCpu: number | null;
}

/** Starts measuring; the function it returns reads the meter. `core` is the one `pid` is pinned to. */
export function startMeter(pid: number, core: number | null): () => MeterReading {
  const coreBefore = core === null ? null : coreTime(core);
  const cpuBefore = treeCpuUs(pid);
  const startMs = performance.now();
  return () => {
    const wallUs = (performance.now() - startMs) * 1000;
    const cpuUs = treeCpuUs(pid) - cpuBefore;
    const coreAfter = core === null ? null : coreTime(core);
    if (coreBefore === null || coreAfter === null) return { cpuUs, wallUs, foreignCpu: null };
    const busyUs = ((coreAfter.busyTicks - coreBefore.busyTicks) * 1e6) / TICKS_PER_SECOND;
    return { cpuUs, wallUs, foreignCpu: Math.max(0, busyUs - cpuUs) / wallUs };
  };
}
