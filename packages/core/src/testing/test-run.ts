import { TargetError } from '../errors.ts';
import type { GraphDeclaration } from '../plan/types.ts';
import type { InputRef, OutputRef } from '../refs.ts';
import type { Port } from '../ports.ts';
import type { PushData, Run, RunReport, SampleOf, StartOptions } from '../run/types.ts';
import { conduct, lead, pointsMax, restless, warmUp } from './simulation/conduct.ts';
import type { Conducted } from './simulation/conduct.ts';
import { quiet } from './simulation/noise.ts';
import type { Simulation } from './simulation/simulation.ts';
import type { Watch } from './simulation/watch.ts';

const traceMax = 1_000;

/** A graph that runs on virtual time: no threads, no waiting. */
export interface TestRun extends AsyncDisposable {
  /** The run itself, for everything else: what it promises is kept by `settled`. */
  readonly run: Run;
  /** Virtual time since the run's epoch, ms. */
  readonly nowMs: number;
  /** Pushes, and lets everything be handled that follows. Throws `TargetError` where there is no room. */
  push<P extends Port = Port>(port: string | InputRef<P>, data: PushData<P>): void;
  /** The next sample; `undefined` where there is none. */
  pull<P extends Port = Port>(port: string | OutputRef<P>): SampleOf<P> | undefined;
  /** All samples that there are. */
  take<P extends Port = Port>(port: string | OutputRef<P>): SampleOf<P>[];
  /** Lets virtual time go on, in ms, and everything happen that comes due. */
  advance(ms: number): void;
  /** Lets virtual time go on until a stage has ticked so often. Throws `TargetError` if it will not. */
  tick(stage: string, count?: number): void;
  /** Resolves when everything has happened that can at this time, promises included. */
  settled(): Promise<void>;
  /** Lets everything under way reach its end; samples can still be taken. */
  drain(): Promise<RunReport>;
  /** Ends the run at once. */
  stop(): Promise<RunReport>;
}

/**
 * Starts a graph in this thread, on virtual time that stands still until it is told to go on. Every stage may
 * be inline. Takes what `start` does; a `fast` clock wants `durationMs`, or there is no rest for it. Rejects
 * like `start`. docs/simulation.md, "testRun".
 */
export async function testRun(
  graph: GraphDeclaration | { declaration(): GraphDeclaration },
  options: Omit<StartOptions, 'record'> = {},
): Promise<TestRun> {
  const declaration = 'declaration' in graph ? graph.declaration() : graph;
  await warmUp();
  const given = { seed: options.seed ?? 0, faults: {}, noise: quiet(), trace: traceMax };
  const conducted = conduct(declaration, { workers: 2, ...options }, given);
  let run: Run | undefined;
  let failed: { readonly error: unknown } | undefined;
  conducted.starting.then(
    (started) => (run = started),
    (error: unknown) => (failed = { error }),
  );
  const isStarted = (): boolean => run !== undefined || failed !== undefined;
  await lead(conducted, { isOver: isStarted });
  if (failed !== undefined) throw failed.error;
  const live = new VirtualRun(run as Run, conducted);
  await live.settled();
  return live;
}

class VirtualRun implements TestRun {
  readonly run: Run;
  readonly #conducted: Conducted;
  readonly #simulation: Simulation;
  readonly #watch: Watch;
  readonly #startMs: number;

  constructor(run: Run, conducted: Conducted) {
    this.run = run;
    this.#conducted = conducted;
    this.#simulation = conducted.simulation;
    this.#watch = conducted.watch;
    this.#startMs = conducted.simulation.timeMs;
  }

  get nowMs(): number {
    return this.#simulation.timeMs - this.#startMs;
  }

  push<P extends Port = Port>(port: string | InputRef<P>, data: PushData<P>): void {
    if (!this.run.tryPush(port, data)) {
      const name = typeof port === 'string' ? port : port.name;
      const what = `input '${name}' has no room for what is pushed, or takes no more`;
      throw new TargetError(what, 'Take what waits at the outputs, or raise its capacity.', name);
    }
    this.#rest();
  }

  pull<P extends Port = Port>(port: string | OutputRef<P>): SampleOf<P> | undefined {
    const sample = this.run.tryPull(port);
    // The room that it leaves may let others go on.
    this.#rest();
    return sample;
  }

  take<P extends Port = Port>(port: string | OutputRef<P>): SampleOf<P>[] {
    const samples: SampleOf<P>[] = [];
    for (let next = this.pull(port); next !== undefined; next = this.pull(port)) samples.push(next);
    return samples;
  }

  advance(ms: number): void {
    const untilMs = this.#simulation.timeMs + ms;
    this.#rest();
    while (this.#jump(untilMs)) this.#rest();
    this.#simulation.goTo(untilMs);
    this.#rest();
  }

  tick(stage: string, count: number = 1): void {
    const actor = this.#watch.actor(stage);
    const until = (actor?.ticks ?? 0) + count;
    this.#rest();
    while (actor !== undefined && actor.ticks < until && this.#jump(Infinity)) this.#rest();
    if (actor !== undefined && actor.ticks >= until) return;
    throw new TargetError(
      `stage '${stage}' does not tick`,
      'Name a stage that ticks, in a run that goes on.',
    );
  }

  async settled(): Promise<void> {
    const { timeMs } = this.#simulation;
    await lead(this.#conducted, { isOver: () => false, untilMs: () => timeMs });
  }

  async drain(): Promise<RunReport> {
    return this.#end(this.run.stop({ drain: true }));
  }

  async stop(): Promise<RunReport> {
    return this.#end(this.run.stop());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end(this.run.stop());
    // A failure that nobody has been told is thrown here.
    await this.run[Symbol.asyncDispose]();
  }

  /** Leads the run until a promise of it is settled. */
  async #end<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    const note = (): void => void (isOver = true);
    promise.then(note, note);
    const hasEnded = await lead(this.#conducted, { isOver: () => isOver });
    if (!hasEnded) throw this.#watch.report('NO_PROGRESS', 'nobody can go on, and the run has not ended');
    return promise;
  }

  /** Goes to the next time at which something happens. False when there is none by then. */
  #jump(untilMs: number): boolean {
    const nextMs = this.#simulation.nextMs();
    if (nextMs > untilMs || nextMs === Infinity) return false;
    this.#simulation.goTo(nextMs);
    return true;
  }

  /** Until nobody can go on at this time. */
  #rest(): void {
    let left = pointsMax;
    while (this.#simulation.point()) {
      if (--left > 0) continue;
      throw this.#watch.report('NO_REST', restless);
    }
    if (this.#watch.violation !== undefined) throw this.#watch.violation;
    this.#watch.atRest();
  }
}
