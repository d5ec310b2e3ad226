import type { Observable } from 'rxjs';
import type { Steppable } from '../drivers/loops.ts';
import type { Timer } from '../executor/thread-time.ts';
import type { Port } from '../ports.ts';
import type { InputRef, OutputRef } from '../refs.ts';
import { setBlocking } from './blocking.ts';
import type { BlockingTarget } from './blocking.ts';
import type { BoundaryInput } from './boundary-input.ts';
import type { BoundaryOutput } from './boundary-output.ts';
import { enlist } from './census.ts';
import { isOver } from './actor-states.ts';
import type { RateTarget } from './rates.ts';
import type { LiveDebug } from './debug.ts';
import type { LiveEvents } from './events.ts';
import type { LiveModes } from './modes.ts';
import type { LiveRunParts } from './live-parts.ts';
import { ObservedRun } from './observed-run.ts';
import { Outcome } from './outcome.ts';
import { statsOf } from './stats.ts';
import { observables, polled } from './streams.ts';
import { resendLetter } from './resend.ts';
import { Taps } from './taps.ts';
import { boundaryOf } from './targets.ts';
import type { Telemetry } from '../telemetry/source.ts';
import type {
  ActorState,
  PushData,
  PushOptions,
  Run,
  RunReport,
  RunStats,
  Sample,
  SampleOf,
  StopOptions,
  Tap,
  TapOptions,
  TappedSample,
  TapTarget,
  WaitOptions,
} from './types.ts';
import { Watchdog } from './watchdog.ts';

const stopGraceMs = 500;
const statsIntervalMs = 1_000;

/** A started graph, seen from the main thread. */
export class LiveRun extends ObservedRun implements Run, Steppable {
  readonly events: LiveEvents;
  readonly modes: LiveModes;
  readonly debug: LiveDebug;
  readonly #outcome = new Outcome();
  readonly #parts: LiveRunParts;
  readonly #taps: Taps;
  readonly #cleanups: (() => void | Promise<void>)[] = [];
  readonly #watchdog: Watchdog;
  #keepAlive: Timer | undefined;
  #phase: 'running' | 'draining' | 'closing' = 'running';
  /** It drains because its duration is over. */
  #isOver = false;
  #closing: Promise<void> | undefined;
  /** All threads have been given back. */
  #isClosed = false;
  #error: Error | undefined;

  constructor(parts: LiveRunParts) {
    super(parts);
    this.#parts = parts;
    this.events = parts.events;
    this.modes = parts.modes;
    this.debug = parts.debug;
    const { plan, shared, world, crew } = parts;
    this.#taps = new Taps({ ...parts, onError: (error) => this.fail(error) });
    this.#watchdog = new Watchdog(plan, shared.ledger, world, (...hung) => crew.hang(...hung));
  }

  /** Everything is ready: lets the actors run. */
  async go(epochMs: number): Promise<void> {
    const { clock, crew, executor, world } = this.#parts;
    clock.start(epochMs);
    this.onClose(enlist(this.#parts));
    this.#keepAlive = world.keepAlive();
    crew.go(epochMs);
    executor.start();
    this.#watchdog.start();
    const [bell] = this.#parts.bells;
    if (bell === undefined) return;
    const gauges = this.#parts.gauges.worker(0);
    const isStopping = (): boolean => this.#phase === 'closing';
    const { tracing } = executor;
    const leading = world.lead({
      executor: this,
      bell,
      gauges,
      control: () => undefined,
      isStopping,
      tracing,
    });
    leading.catch((error: Error) => this.fail(error));
  }

  /** Run when the run is over. */
  onClose(cleanup: () => void | Promise<void>): void {
    this.#cleanups.push(cleanup);
  }

  get done(): Promise<RunReport> {
    return this.#outcome.hold();
  }

  async push<P extends Port = Port>(
    port: string | InputRef<P>,
    data: PushData<P>,
    options: PushOptions = {},
  ): Promise<void> {
    return this.#input(port).push(data, options);
  }

  tryPush<P extends Port = Port>(
    port: string | InputRef<P>,
    data: PushData<P>,
    options: { readonly time?: number } = {},
  ): boolean {
    return this.#input(port).tryPush(data, options.time);
  }

  async pull<P extends Port = Port>(
    port: string | OutputRef<P>,
    options: WaitOptions = {},
  ): Promise<SampleOf<P> | undefined> {
    return this.#output(port).pull(options) as Promise<SampleOf<P> | undefined>;
  }

  tryPull<P extends Port = Port>(port: string | OutputRef<P>): SampleOf<P> | undefined {
    return this.#output(port).tryPull() as SampleOf<P> | undefined;
  }

  async pullOrThrow<P extends Port = Port>(
    port: string | OutputRef<P>,
    options: WaitOptions = {},
  ): Promise<SampleOf<P>> {
    return this.#output(port).pull(options, true) as Promise<SampleOf<P>>;
  }

  samples<P extends Port = Port>(port: string | OutputRef<P>): AsyncIterableIterator<SampleOf<P>> {
    return this.#output(port).samples() as AsyncIterableIterator<SampleOf<P>>;
  }

  samples$<P extends Port = Port>(port: string | OutputRef<P>): Observable<SampleOf<P>> {
    return new (observables())((subscriber) =>
      this.#subscribe(
        port,
        (sample) => subscriber.next(sample as SampleOf<P>),
        (error) => (error === undefined ? subscriber.complete() : subscriber.error(error)),
      ),
    );
  }

  onSample<P extends Port = Port>(
    port: string | OutputRef<P>,
    callback: (sample: SampleOf<P>) => void,
  ): () => void {
    return this.#subscribe(port, callback as (sample: Sample) => void, () => undefined);
  }

  stats(): RunStats {
    return statsOf(this.#parts, this.#isClosed);
  }

  stats$(intervalMs: number = statsIntervalMs): Observable<RunStats> {
    return polled(() => this.stats(), intervalMs, this.#outcome.promise, this.#parts.world);
  }

  tap(target: TapTarget, callback: (sample: TappedSample) => void, options: TapOptions = {}): Tap {
    return this.#taps.open(target, callback, options);
  }

  setBlocking(target: BlockingTarget, isBlocking: boolean): Promise<void> {
    return setBlocking(this.#parts, target, isBlocking);
  }

  async setRate(target: RateTarget, hz: number): Promise<void> {
    await this.#parts.rates.setRate(target, hz);
    this.noteRate(target, hz);
  }

  record(path: string): Promise<void> {
    return this.#parts.recording.begin(path);
  }

  resend(id: number): boolean {
    return this.#phase !== 'closing' && resendLetter(this.#parts, id);
  }

  async stop(options: StopOptions = {}): Promise<RunReport> {
    if (options.drain === true && this.#phase === 'running') {
      this.debug.drain();
      this.#drain();
    }
    if (options.drain !== true) this.#close('stopped');
    const late =
      options.drain === true && options.timeoutMs !== undefined
        ? this.#parts.world.after(options.timeoutMs, () => this.#close('stopped'))
        : undefined;
    try {
      return await this.#outcome.promise;
    } catch {
      // The failure has been told through `done`; a stop after it has nothing left to do.
      await this.#closing;
      return this.#report('stopped');
    } finally {
      late?.cancel();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    const { inputs, outputs } = this.#parts;
    const hasTold =
      this.#outcome.isHeld || [...inputs.values(), ...outputs.values()].some((port) => port.hasTold);
    // A failure that nobody has seen is thrown here; one that is on its way out is not thrown twice.
    if (this.#error !== undefined && !hasTold) throw this.#error;
  }

  /** The first fatal error wins: everything in flight is told, all threads are given back. */
  fail(error: Error): void {
    if (this.#error !== undefined || this.#phase === 'closing') return;
    this.#error = error;
    this.#close('stopped');
  }

  /** The run's duration is over. */
  end(): void {
    if (this.#phase !== 'running') return;
    this.#isOver = true;
    this.#drain();
  }

  telemetry(): Promise<Telemetry> {
    return this.observe(this, this.#outcome.promise);
  }

  /** Some actor's state has changed. */
  override noteState(actor: number, state: ActorState): void {
    super.noteState(actor, state);
    this.#ring();
  }

  step(): boolean {
    const { executor, inputs, outputs } = this.#parts;
    let isProgress = executor.step();
    if (this.#phase !== 'closing') isProgress = this.#parts.conductor?.pump() === true || isProgress;
    for (const input of inputs.values()) isProgress = input.pump() || isProgress;
    for (const output of outputs.values()) {
      isProgress = output.pump() || isProgress;
      if (this.#isEmptying && !output.isTaken) isProgress = output.discard() || isProgress;
    }
    isProgress = this.#taps.pump() || isProgress;
    isProgress = this.#parts.recording.pump() || isProgress;
    if (this.#isComplete()) {
      this.#taps.finish();
      this.#close(this.#isEmptying ? 'stopped' : 'ended');
    }
    return isProgress;
  }

  hasWork(): boolean {
    const { executor, inputs, outputs } = this.#parts;
    let isWork = executor.hasWork() || this.#isComplete();
    isWork = this.#parts.conductor?.hasWork() === true || isWork;
    for (const input of inputs.values()) isWork = input.hasWork() || isWork;
    for (const output of outputs.values()) isWork = output.hasWork(this.#isEmptying) || isWork;
    isWork = this.#taps.hasWork() || isWork;
    return this.#parts.recording.hasWork() || isWork;
  }

  strike(): void {
    this.#parts.executor.strike();
  }

  wouldWake(): boolean {
    return this.#parts.executor.wouldWake();
  }

  get nowMs(): number {
    return this.#parts.executor.nowMs;
  }

  untilDeadlineMs(): number {
    const { executor, conductor } = this.#parts;
    return Math.min(executor.untilDeadlineMs(), conductor?.untilDueMs() ?? Infinity);
  }

  /** A drain gives up what nobody takes; the end of a run's duration leaves it to whoever comes. */
  get #isEmptying(): boolean {
    return this.#phase === 'draining' && !this.#isOver;
  }

  /** All actors are over, and a drain has emptied what somebody takes. */
  #isComplete(): boolean {
    const { crew, conductor, outputs } = this.#parts;
    if (conductor?.isLed === true || !crew.states.every(isOver)) return false;
    if (!this.#isEmptying) return this.#phase !== 'closing';
    return [...outputs.values()].every((output) => output.isOver || !output.isTaken);
  }

  #drain(): void {
    this.#phase = 'draining';
    const { inputs, crew, executor, conductor } = this.#parts;
    const end = (): void => {
      this.#parts.recording.noteDrain(this.#isOver);
      for (const input of inputs.values()) input.close();
      if (conductor !== undefined) conductor.drain();
      else {
        crew.drain();
        executor.drain();
      }
      this.#ring();
    };
    if (conductor === undefined) end();
    else conductor.atBoundary(end).catch(() => undefined);
  }

  #close(reason: 'ended' | 'stopped'): void {
    if (this.#phase === 'closing') return;
    this.#phase = 'closing';
    this.#closing = this.#shutDown(reason);
  }

  async #shutDown(reason: 'ended' | 'stopped'): Promise<void> {
    const { inputs, outputs, crew, executor, rates } = this.#parts;
    const error = this.#error;
    rates.close();
    this.#parts.conductor?.close();
    // Handlers that wait for an event end before they are awaited.
    this.events.close();
    this.#parts.modes.stop(error);
    this.debug.stop(error);
    for (const input of inputs.values()) input.close(error);
    this.#watchdog.stop();
    this.#ring();
    // What an ended stream has left behind can still be pulled.
    for (const output of reason === 'ended' ? [] : outputs.values()) {
      // Whoever waits is told first: the stages behind the inputs, which have ended, come to their ends now.
      output.close(error);
      output.discard();
    }
    await Promise.all([crew.stop(), executor.stop(stopGraceMs)]);
    for (const output of outputs.values()) if (reason === 'stopped') output.discard();
    this.#isClosed = true;
    this.#taps.close();
    this.#keepAlive?.cancel();
    const closing = this.#parts.recording.close(error === undefined ? reason : 'failed');
    const problems = await Promise.allSettled([closing, ...this.#cleanups.map(async (cleanup) => cleanup())]);
    const failed = problems.find((problem) => problem.status === 'rejected');
    if (error !== undefined) this.#outcome.reject(error);
    else if (failed !== undefined) this.#outcome.reject(failed.reason as Error);
    else this.#outcome.resolve(this.#report(reason));
  }

  #report(reason: 'ended' | 'stopped'): RunReport {
    const { crew, letters } = this.#parts;
    return { reason, stats: this.stats(), replacements: [...crew.replacements], deadLetters: letters.list() };
  }

  #subscribe(
    port: string | OutputRef,
    take: (sample: Sample) => void,
    end: (error: Error | undefined) => void,
  ): () => void {
    const output = this.#output(port);
    const unsubscribe = output.subscribe(take, end);
    // Once the run is over no loop hands on what is left.
    if (this.#phase === 'closing') this.#parts.world.turn(() => void output.pump());
    return unsubscribe;
  }

  #ring(): void {
    this.#parts.bells[0]?.ring();
  }

  #input(port: string | InputRef): BoundaryInput {
    return boundaryOf(this.#parts.inputs, port, 'input');
  }

  #output(port: string | OutputRef): BoundaryOutput {
    return boundaryOf(this.#parts.outputs, port, 'output');
  }
}
