/** Stages that tick at several rates on one thread: how many ticks get lost, and how late the others come. */
import { graph } from '@troupe/core';
import { countOf, numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';
import { burner } from '../stages/burner.ts';
import { ioTickMeter, tickMeter } from '../stages/tick-meter.ts';

const WARM_UP_SECONDS = 1;

/** What a meter logs, of which the worst of all rates counts. */
interface Figures {
  readonly hz: number;
  readonly lostPercent: number;
  readonly driftNs: number;
  readonly trendUs: number;
  readonly lateP50Us: number;
  readonly lateP99Us: number;
  readonly lateMaxUs: number;
}

/**
 * Parameters: `seconds` (measured), `on` (`compute`, `io` or `main`), `hertz` (rates, with commas),
 * `saturated` (another worker never rests).
 */
export async function measure(load: Load): Promise<Sample> {
  const { on, hertz, saturated } = load.parameters;
  const rates = String(hertz).split(',').map(Number);
  const options = { warmUp: WARM_UP_SECONDS, seconds: countOf(load, numberOf(load, 'seconds')) };
  const declared = graph('ticks');
  for (const hz of rates) {
    declared.stage(`hz-${hz}`, on === 'io' ? ioTickMeter : tickMeter, {
      options: { ...options, hz },
      tick: { hz },
      worker: on === 'main' ? 'main' : { group: 'ticking' },
    });
  }
  if (saturated === true) declared.stage('burner', burner, { worker: { dedicated: true } });
  const figures: Figures[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const run = await declared.start({
    onLog: ({ message, fields }) => {
      if (message !== 'ticks') return;
      figures.push(fields as unknown as Figures);
      if (figures.length === rates.length) resolve();
    },
  });
  run.done.then(() => reject(new Error('the run ended without a figure')), reject);
  const before = process.cpuUsage();
  const startMs = performance.now();
  await promise;
  const used = process.cpuUsage(before);
  const cpuPercent = (used.user + used.system) / 10 / (performance.now() - startMs);
  await run.stop();
  const worst = (read: (each: Figures) => number): number => Math.max(...figures.map(read));
  return {
    lostPercent: worst((each) => each.lostPercent),
    driftNs: worst((each) => each.driftNs),
    trendUs: worst((each) => Math.abs(each.trendUs)),
    lateP50Us: worst((each) => each.lateP50Us),
    lateP99Us: worst((each) => each.lateP99Us),
    lateMaxUs: worst((each) => each.lateMaxUs),
    cpuPercent,
  };
}
