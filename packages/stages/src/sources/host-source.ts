import * as os from 'node:os';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { FramePort, Handlers, Out, Stage, Tick } from '@troupe/core';
import { defineStage, frame } from '@troupe/core';

/** The figures of a `hostSource` frame, in order, with their units. */
export const hostFigures: readonly { readonly name: string; readonly unit: string }[] = [
  { name: 'machine CPU busy', unit: 'share of all cores, 0 to 1' },
  { name: 'process CPU', unit: 'cores' },
  { name: 'load average (1 min)', unit: 'processes; 0 on Windows' },
  { name: 'machine memory used', unit: 'share, 0 to 1' },
  { name: 'process memory (RSS)', unit: 'MiB' },
  { name: 'JavaScript heap used', unit: 'MiB, of the worker that hosts the stage' },
  { name: 'event loop delay, mean', unit: 'ms, of that worker' },
  { name: 'event loop delay, max', unit: 'ms, of that worker' },
];

const RESOLUTION_MS = 10;
const MIB = 1024 * 1024;

interface CpuTimes {
  readonly busyMs: number;
  readonly totalMs: number;
}

function machineTimes(): CpuTimes {
  let busyMs = 0;
  let totalMs = 0;
  for (const { times } of os.cpus()) {
    const busy = times.user + times.nice + times.sys + times.irq;
    busyMs += busy;
    totalMs += busy + times.idle;
  }
  return { busyMs, totalMs };
}

function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

type HostOut = { readonly samples: FramePort<'float32', readonly [8]> };

class HostMeter implements Handlers<{}, HostOut> {
  readonly #delay: ReturnType<typeof monitorEventLoopDelay> = monitorEventLoopDelay({
    resolution: RESOLUTION_MS,
  });
  #machine = machineTimes();
  #processMs = processCpuMs();
  #lastMs = performance.now();

  onStart(): void {
    this.#delay.enable();
  }

  onTick(_tick: Tick, out: Out<HostOut>): void {
    const machine = machineTimes();
    const processMs = processCpuMs();
    const nowMs = performance.now();
    const totalMs = machine.totalMs - this.#machine.totalMs;
    const memory = process.memoryUsage();
    const figures = out.reserve('samples');
    figures[0] = totalMs > 0 ? (machine.busyMs - this.#machine.busyMs) / totalMs : 0;
    figures[1] = (processMs - this.#processMs) / Math.max(nowMs - this.#lastMs, 1);
    figures[2] = os.loadavg()[0]!;
    figures[3] = 1 - os.freemem() / os.totalmem();
    figures[4] = memory.rss / MIB;
    figures[5] = memory.heapUsed / MIB;
    figures[6] = this.#delayMs(this.#delay.mean);
    figures[7] = this.#delayMs(this.#delay.max);
    out.commit('samples');
    this.#delay.reset();
    this.#machine = machine;
    this.#processMs = processMs;
    this.#lastMs = nowMs;
  }

  /**
   * The histogram holds the time between two looks, the resolution included; it is empty right after a reset.
   */
  #delayMs(intervalNs: number): number {
    if (this.#delay.count === 0) return 0;
    return Math.max(0, intervalNs / 1e6 - RESOLUTION_MS);
  }

  onStop(): void {
    this.#delay.disable();
  }
}

/**
 * This machine's own load, live. Needs a rate: `g.stage('host', hostSource, { tick: { hz: 10 } })`.
 *
 * Output `samples`: float32 `[8]`, one frame per tick, over the time since the previous tick: the figures,
 * units and order of `hostFigures`. Time: the tick's. Endless. Rates above 20 Hz make the CPU shares coarse:
 * the system counts them in steps of about 10 ms.
 */
export const hostSource: Stage<undefined, {}, HostOut> = defineStage({
  module: import.meta.url,
  name: 'hostSource',
  io: true,
  outputs: { samples: frame('float32', [8] as const) },
  create: () => new HostMeter(),
});
