import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { frameLength } from '@troupe/mailbox';
import type { Dtype, FrameArray } from '@troupe/mailbox';
import { isDeepStrictEqual } from 'node:util';
import type { Port } from '../../ports.ts';
import { payloadText } from '../equality.ts';
import { Incarnation, isThenable } from './incarnation.ts';
import { fill, Loan } from './loan.ts';
import type { Call, ClauseName, Emission, Played, Violation } from './played.ts';
import type { Handover, Interruption, Script, Step, Timing } from './script.ts';
import { timingsOf } from './script.ts';
import { ShiftedClock } from './shifted-clock.ts';
import type { HandlerName, PlayOptions, Specimen } from './specimen.ts';
import { Surroundings } from './surroundings.ts';

/** How a script is played. */
export interface Manner {
  /** Ticks per second. */
  readonly hz?: number | undefined;
  readonly interruptions?: readonly Interruption[];
  /** Whether inputs are overwritten when their call has ended, as in a ring. Yes unless given. */
  readonly isPoisoning?: boolean;
  /** What lies around inputs, and in reserved frames: a byte. */
  readonly surround?: number;
  readonly stale?: number;
  /** How far the clocks of the machine are put forward. */
  readonly shiftMs?: number;
  /** How long to look for emissions after `onStop`. */
  readonly lingerMs?: number;
}

/** A handler that takes longer has no end. */
const settleMsMax = 10_000;

/** Plays a script on a fresh instance, without a run, and notes what no stage may do. */
export async function play(specimen: Specimen, script: Script, manner: Manner = {}): Promise<Played> {
  using clock = new ShiftedClock(manner.shiftMs ?? 0);
  const rig = new Rig(specimen, manner);
  const timings = timingsOf(script, manner.hz);
  await rig.start();
  for (let i = 0; i <= script.length; i++) {
    for (const interruption of manner.interruptions ?? []) {
      if (interruption.at !== i) continue;
      if (interruption.kind === 'pause') clock.pass(interruption.ms);
      else await rig.interrupt(interruption);
    }
    const step = script[i];
    if (step === undefined || rig.hasEnded) continue;
    // Sync handlers are called in one go, as in a batch: nothing else runs between them.
    const pending = rig.step(step, timings[i] as Timing, i + 1);
    if (pending !== undefined) await pending;
  }
  return rig.end(manner.lingerMs);
}

class Rig {
  readonly #specimen: Specimen;
  readonly #options: PlayOptions;
  readonly #surroundings: Surroundings;
  readonly #manner: Manner;
  readonly #calls: Call[] = [];
  readonly #violations: Violation[] = [];
  readonly #loans: Loan[] = [];
  readonly #seqs = new Map<string, number>();
  readonly #predecessors: Incarnation[] = [];
  #incarnation: Incarnation;
  #at = 0;
  hasEnded = false;
  /** Reused between calls, as an executor does. */
  readonly #input: Record<string, unknown> = {};
  readonly #tick: Record<string, unknown> = {};

  constructor(specimen: Specimen, manner: Manner) {
    this.#specimen = specimen;
    this.#manner = manner;
    this.#options = specimen.options();
    this.#surroundings = new Surroundings(specimen.stage, specimen.mode);
    this.#incarnation = this.#create();
  }

  async start(): Promise<void> {
    await this.#apart('onStart');
    await this.#apart('onMode', this.#surroundings.mode);
  }

  async interrupt(interruption: Exclude<Interruption, { kind: 'pause' }>): Promise<void> {
    if (interruption.kind === 'turn') await turn();
    else if (interruption.kind === 'mode') {
      this.#surroundings.mode = interruption.mode;
      await this.#apart('onMode', interruption.mode, 'modes');
    } else await this.#handOver(interruption.how);
  }

  /** A promise only where the handler returns one. */
  step(step: Step, timing: Timing, at: number): Promise<void> | undefined {
    const posted = this.#deliverPosts();
    if (posted !== undefined) return posted.then(() => this.step(step, timing, at));
    this.#at = at;
    if (step.kind === 'input') return this.#takeInput(step, timing.time);
    if (step.kind === 'tick') return this.#takeTick(timing);
    if (step.kind === 'post') return this.#takePost(step.value, timing.time);
    return this.#call('onDemand', { ...idle, kind: 'demand', time: timing.time });
  }

  async end(lingerMs: number | undefined): Promise<Played> {
    await this.#deliverPosts();
    this.#incarnation.out.stop();
    await this.#apart('onStop');
    if (lingerMs !== undefined) await sleep(lingerMs);
    for (const predecessor of this.#predecessors) await predecessor.enter('onStop', undefined, undefined);
    this.#incarnation.out.checkReturned();
    if (this.#manner.isPoisoning !== false && this.#loans.some((loan) => !loan.isIntact())) {
      this.#note('buffers', 'an input frame was written to after its call had ended');
    }
    const { outside } = this.#specimen.given;
    return {
      options: this.#options.value,
      calls: this.#calls,
      violations: this.#violations,
      hasEnded: this.hasEnded,
      hasPosted: this.#surroundings.hasPosted,
      outside: outside === undefined ? undefined : await outside(this.#options.value),
    };
  }

  #create(): Incarnation {
    const { stale = 0xcc } = this.#manner;
    return new Incarnation(this.#specimen, this.#surroundings, this.#options, stale, this.#note);
  }

  readonly #note = (clause: ClauseName, text: string): void => {
    this.#violations.push({ clause, step: this.#at, text });
  };

  /** Handlers that emit nothing. */
  async #apart(name: HandlerName, first?: unknown, clause: ClauseName = 'accepts'): Promise<void> {
    try {
      const result = this.#incarnation.enter(name, first, undefined);
      if (isThenable(result)) await this.#settled(name, result);
    } catch (error) {
      this.#note(clause, `${name} threw ${payloadText(error)}`);
    }
  }

  #takeInput(step: Step & { kind: 'input' }, time: number): Promise<void> | undefined {
    const { port, data } = step;
    const seq = this.#seqs.get(port) ?? 0;
    this.#seqs.set(port, seq + 1);
    const declared = this.#specimen.inputs.get(port) as Port;
    const loan = declared.kind === 'frame' ? this.#lend(declared, data as FrameArray) : undefined;
    const value = loan === undefined ? structuredClone(data) : undefined;
    // As in a run of which nothing stays: unless the inputs stand, the object is the same in every call.
    const input = this.#manner.isPoisoning === false ? {} : this.#input;
    const fields = { port, seq, time, redelivered: false, resent: false, frame: loan?.view, value };
    Object.assign(input, fields);
    return this.#call('onInput', { kind: 'input', port, data, time }, input, () => {
      if (loan?.isIntact() === false) this.#note('buffers', `the input frame of '${port}' was written to`);
      if (loan === undefined && !isDeepStrictEqual(value, data)) {
        this.#note('buffers', `the input value of '${port}' was changed`);
      }
      if (this.#manner.isPoisoning === false) return;
      loan?.poison();
      Object.assign(input, { port: '', seq: -1, time: -1, frame: undefined, value: undefined });
    });
  }

  #takeTick({ time, index, dt }: Timing): Promise<void> | undefined {
    const tick = this.#manner.isPoisoning === false ? {} : this.#tick;
    Object.assign(tick, { time, dt, index, dropped: 0, runner: () => ({ step: index, fraction: 0 }) });
    return this.#call('onTick', { ...idle, kind: 'tick', time }, tick, () => {
      if (this.#manner.isPoisoning !== false) Object.assign(tick, { time: -1, dt: -1, index: -1 });
    });
  }

  #takePost(data: unknown, time: number): Promise<void> | undefined {
    return this.#call('onPost', { kind: 'post', port: undefined, data, time }, data);
  }

  #lend({ dtype, shape }: { dtype: Dtype; shape: readonly number[] }, data: FrameArray): Loan {
    const loan = new Loan(dtype, frameLength(shape), this.#manner.surround ?? 0x33);
    fill(loan.view, data);
    loan.seal();
    this.#loans.push(loan);
    return loan;
  }

  /** What the stage has posted to itself comes before anything else. */
  #deliverPosts(): Promise<void> | undefined {
    const { posts, timeNs } = this.#surroundings;
    while (posts.length > 0) {
      const pending = this.#takePost(posts.shift(), timeNs);
      if (pending !== undefined) return pending.then(() => this.#deliverPosts());
    }
    return undefined;
  }

  /** `first`: what the handler gets before `out`; `onDemand` gets `out` alone. */
  #call(
    name: HandlerName,
    call: Omit<Call, 'emissions'>,
    first?: unknown,
    closed?: () => void,
  ): Promise<void> | undefined {
    const incarnation = this.#incarnation;
    const { out } = incarnation;
    this.#surroundings.timeNs = call.time;
    out.open(call.time);
    const close = (isDone: boolean): void => {
      const emissions: readonly Emission[] = out.close(isDone);
      closed?.();
      this.#calls.push({ ...call, emissions });
    };
    let result: unknown;
    try {
      result =
        name === 'onDemand' ? incarnation.enter(name, out, undefined) : incarnation.enter(name, first, out);
    } catch (error) {
      this.#threw(name, error);
      close(false);
      return undefined;
    }
    if (!isThenable(result)) {
      if (result === 'end' && name === 'onDemand') this.hasEnded = true;
      close(true);
      return undefined;
    }
    if (this.#specimen.stage.io !== true) {
      this.#note('serial', `${name} returned a promise, but the stage does not say io: true`);
    }
    return this.#settled(name, result).then(
      (value) => {
        if (value === 'end' && name === 'onDemand') this.hasEnded = true;
        close(true);
      },
      (error: unknown) => {
        this.#threw(name, error);
        close(false);
      },
    );
  }

  #threw(name: HandlerName, error: unknown): void {
    if (this.#specimen.given.refuses?.(error) === true) return;
    const text = error instanceof Error ? `${error.name}: ${error.message}` : payloadText(error);
    this.#note('accepts', `${name} threw ${text}`);
  }

  async #settled(name: HandlerName, result: PromiseLike<unknown>): Promise<unknown> {
    const limit = new AbortController();
    const late = sleep(settleMsMax, undefined, { signal: limit.signal, ref: false }).then(
      () => Promise.reject(new Error(`${name} has not settled within ${settleMsMax} ms`)),
      () => undefined,
    );
    try {
      return await Promise.race([result, late]);
    } finally {
      limit.abort();
    }
  }

  async #handOver(how: Handover): Promise<void> {
    const before = this.#incarnation;
    const hasSnapshot = before.handlers.snapshot !== undefined;
    if (hasSnapshot !== (before.handlers.restore !== undefined)) {
      const [has, lacks] = hasSnapshot ? ['snapshot', 'restore'] : ['restore', 'snapshot'];
      this.#note('snapshot', `the stage has ${has}, but not ${lacks}`);
    }
    // A stage that keeps no snapshot promises nothing here.
    if (!hasSnapshot) return;
    const state = this.#snapshot(before);
    if (how === 'look') return;
    if (how === 'restart') {
      before.out.stop();
      await this.#apart('onStop');
    } else this.#predecessors.push(before);
    this.#incarnation = this.#create();
    try {
      if (state !== undefined) this.#incarnation.handlers.restore?.(state);
    } catch (error) {
      this.#note('snapshot', `restore threw ${payloadText(error)}`);
    }
    await this.start();
  }

  #snapshot({ handlers }: Incarnation): unknown {
    try {
      return structuredClone(handlers.snapshot?.());
    } catch (error) {
      this.#note('snapshot', `the snapshot cannot be kept: ${(error as Error).message}`);
      return undefined;
    }
  }
}

const idle = { port: undefined, data: undefined } as const;
