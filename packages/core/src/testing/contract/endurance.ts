import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { allocateFrame, frameLength } from '@troupe/mailbox';
import type { Arbitrary } from 'fast-check';
import type { Out } from '../../stage.ts';
import type { Clause } from './clause.ts';
import { fastCheckFor } from '../arbitraries/fast-check.ts';
import { isThenable } from './incarnation.ts';
import type { PlayOptions, Specimen } from './specimen.ts';
import { Surroundings } from './surroundings.ts';
import { scripts } from './trials.ts';
import type { Survey, Trial } from './trials.ts';

/** As the issue of growth is put: the heap after so many inputs, against the heap after these. */
const warmSteps = 1_000;
const steps = 9_000;
const heapBytesMaxDefault = 65_536;
const looks = 4;

/** A clause that is tried once, with scripts of its own. */
export function nothing(): Arbitrary<Trial> {
  return fastCheckFor('stageContract()').constant({ script: [], interruptions: [], hz: undefined });
}

/** Memory stays as it is, however long a stage runs. */
export const growthClause: Clause = {
  name: 'growth',
  title: 'memory does not grow with inputs',
  remedy: 'Bound what is kept: a ring, a window, a cache with a limit.',
  depth: 'once',
  trials: nothing,
  async judge(specimen, _trial, survey) {
    const { heapBytesMax = heapBytesMaxDefault } = specimen.given;
    const course = new Course(specimen, survey);
    await course.start();
    await course.run(warmSteps);
    let grownBytes = await growthOf(course, steps);
    let count = steps;
    if (grownBytes > heapBytesMax) {
      // Code that was compiled late, and arrays that had to find their size, do that once; a leak goes on.
      count = 3 * steps;
      grownBytes = await growthOf(course, count);
    }
    await course.stop();
    if (grownBytes <= heapBytesMax || course.hasEnded) return undefined;
    return `${count} inputs added ${grownBytes} bytes to the heap, at most ${heapBytesMax} may be`;
  },
};

/** Handlers keep to their budget. */
export const latencyClause: Clause = {
  name: 'latency',
  title: 'the latency budget is held at p99',
  remedy: 'Do less per call, or raise `latencyBudgetMs`.',
  depth: 'once',
  trials: nothing,
  async judge(specimen, _trial, survey) {
    const { latencyBudgetMs = Infinity } = specimen.given;
    const course = new Course(specimen, survey);
    await course.start();
    await course.run(warmSteps);
    const tookMs: number[] = [];
    await course.run(steps, tookMs);
    await course.stop();
    tookMs.sort((a, b) => a - b);
    const p99 = tookMs[Math.floor(0.99 * tookMs.length)] ?? 0;
    if (p99 <= latencyBudgetMs) return undefined;
    const took = `of ${tookMs.length} calls the 99th percentile took ${p99.toFixed(4)} ms`;
    return `${took}, the budget is ${latencyBudgetMs} ms`;
  },
};

async function growthOf(course: Course, count: number): Promise<number> {
  const before = restingBytes();
  await course.run(count);
  return restingBytes() - before;
}

/**
 * The least of some looks: what else happens to the heap comes and goes. Code that has not been run for long
 * is thrown away after some collections: if that were not done before, it would hide what grows.
 */
function restingBytes(): number {
  return Math.min(...Array.from({ length: looks }, () => heapBytes()));
}

let collect: (() => void) | undefined;

function heapBytes(): number {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

type HandlerTable = Readonly<Record<string, ((...parts: unknown[]) => unknown) | undefined>>;

/** An instance that is fed without end, and of which nothing is kept. */
class Course {
  readonly #specimen: Specimen;
  readonly #survey: Survey;
  readonly #surroundings: Surroundings;
  readonly #options: PlayOptions;
  readonly #handlers: HandlerTable;
  readonly #out: Out;
  #index = 0;
  hasEnded = false;

  constructor(specimen: Specimen, survey: Survey) {
    this.#specimen = specimen;
    this.#survey = survey;
    this.#options = specimen.options();
    this.#surroundings = new Surroundings(specimen.stage, specimen.mode);
    const context = this.#surroundings.context(this.#options.value);
    this.#handlers = specimen.stage.create(context) as unknown as HandlerTable;
    this.#out = idleOut(specimen);
  }

  async start(): Promise<void> {
    await this.#handlers['onStart']?.();
    await this.#handlers['onMode']?.(this.#surroundings.mode);
  }

  async stop(): Promise<void> {
    await this.#handlers['onStop']?.();
  }

  async run(count: number, tookMs?: number[]): Promise<void> {
    for (let done = 0; done < count && !this.hasEnded;) {
      const all = this.#steps();
      if (all.length === 0) return;
      for (const step of all) {
        if (done++ >= count || this.hasEnded) break;
        const startMs = tookMs === undefined ? 0 : performance.now();
        const pending = this.#take(step);
        if (isThenable(pending)) await pending;
        tookMs?.push(performance.now() - startMs);
        while (this.#surroundings.posts.length > 0) {
          await this.#take(() => this.#handlers['onPost']?.(this.#surroundings.posts.shift(), this.#out));
        }
      }
    }
  }

  /** What the stage may refuse is over when it has; a promise where it is async. */
  #take(step: () => unknown): unknown {
    const refuse = (error: unknown): void => {
      if (this.#specimen.given.refuses?.(error) !== true) throw error;
    };
    try {
      const pending = step();
      return isThenable(pending) ? pending.then(undefined, refuse) : undefined;
    } catch (error) {
      return refuse(error);
    }
  }

  /** Some more steps, all of them new. */
  #steps(): (() => unknown)[] {
    const fc = fastCheckFor('stageContract()');
    const sampled = fc.sample(scripts(this.#specimen, this.#survey), { numRuns: 64, seed: this.#index + 1 });
    return sampled.flat().map((step) => {
      const index = this.#index++;
      const time = index * 1e6;
      if (step.kind === 'input') {
        const { port, data } = step;
        const [frame, value] = ArrayBuffer.isView(data) ? [data, undefined] : [undefined, data];
        const input = { port, seq: index, time, redelivered: false, resent: false, frame, value };
        return () => this.#handlers['onInput']?.(input, this.#out);
      }
      if (step.kind === 'post') return () => this.#handlers['onPost']?.(step.value, this.#out);
      if (step.kind === 'demand') return () => this.#demand();
      const tick = { time, dt: 1e6, index, dropped: 0, runner: () => ({ step: index, fraction: 0 }) };
      return () => this.#handlers['onTick']?.(tick, this.#out);
    });
  }

  #demand(): unknown {
    const result = this.#handlers['onDemand']?.(this.#out);
    if (result === 'end') this.hasEnded = true;
    if (!isThenable(result)) return undefined;
    return result.then((value) => {
      if (value === 'end') this.hasEnded = true;
    });
  }
}

/** Takes everything, and keeps nothing. */
function idleOut({ outputs }: Specimen): Out {
  const frames = new Map(
    [...outputs].flatMap(([name, port]) =>
      port.kind === 'frame' ? [[name, allocateFrame(port.dtype, frameLength(port.shape))]] : [],
    ) as [string, unknown][],
  );
  return {
    reserve: (port: string) => frames.get(port),
    commit: () => undefined,
    send: () => undefined,
    at: () => undefined,
    flush: () => Promise.resolve(),
  };
}
