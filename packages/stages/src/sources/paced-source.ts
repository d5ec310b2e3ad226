import { setTimeout as sleep } from 'node:timers/promises';
import type { Handlers, Out, Progress, StageContext } from '@troupe/core';
import * as v from 'valibot';
import type { SampleLayout, SamplesPort } from '../samples.ts';
import { positiveNumber, wholeNumber } from '../samples.ts';
import type { Speed } from './pace.ts';
import { Pace } from './pace.ts';
import type { SampleReader } from './recording.ts';

/** The longest sleep in one call, so that a slow source neither delays a stop nor looks hung. */
const SLEEP_MS_MAX = 100;

/** Options that every paced source has. */
export interface PaceOptions {
  /** 1 (the default) is real time, 2 twice as fast, 0.5 half as fast; `'max'` never waits. */
  readonly speed: Speed;
  /**
   * The most frames that one call emits when several are due, 1 to 1024; edges need at least this capacity. 8
   * by default.
   */
  readonly maxEmit: number;
}

/** Options entries of `PaceOptions`. */
export const paceOptions: {
  readonly speed: v.OptionalSchema<v.GenericSchema<Speed>, 1>;
  readonly maxEmit: v.OptionalSchema<v.GenericSchema<number>, 8>;
} = {
  speed: v.optional(v.union([positiveNumber, v.literal('max')]), 1),
  maxEmit: v.optional(wholeNumber(1, 1024), 8),
};

/** What a paced source emits. */
export type SamplesOut = { readonly samples: SamplesPort };

type PacedOptions = SampleLayout & PaceOptions;

interface PacedState {
  readonly position: unknown;
  readonly frames: number;
}

/**
 * Plays a sample reader on an absolute schedule. A frame carries the time of its first sample and is due when
 * its last one is. Samples at the end that fill no whole block are not emitted; the log says how many.
 */
export class PacedSource implements Handlers<{}, SamplesOut> {
  readonly #reader: SampleReader;
  readonly #rows: number;
  readonly #maxEmit: number;
  readonly #pace: Pace;
  readonly #log: StageContext['log'];
  #frames = 0;

  constructor(reader: SampleReader, options: PacedOptions, log: StageContext['log'], pace?: Pace) {
    this.#reader = reader;
    this.#rows = options.block ?? 1;
    this.#maxEmit = options.maxEmit;
    this.#pace = pace ?? new Pace(options.speed);
    this.#log = log;
  }

  onDemand(out: Out<SamplesOut>): void | 'end' | Promise<void> {
    const ready = this.#reader.ensure(this.#rows);
    if (ready < this.#rows) {
      if (ready > 0) this.#log('samples at the end fill no whole block and are left out', { samples: ready });
      return 'end';
    }
    this.#pace.start(this.#reader.timeNs(0));
    const waitMs = this.#pace.untilMs(this.#reader.timeNs(this.#rows - 1));
    if (waitMs > 0) return this.#emitLater(waitMs, out);
    this.#emitDue(out);
  }

  async #emitLater(waitMs: number, out: Out<SamplesOut>): Promise<void> {
    // A timer may fire a little early; rounding up saves the second, empty turn.
    await sleep(Math.min(Math.ceil(waitMs), SLEEP_MS_MAX));
    if (waitMs <= SLEEP_MS_MAX) this.#emitDue(out);
  }

  #emitDue(out: Out<SamplesOut>): void {
    for (let emitted = 0; emitted < this.#maxEmit; emitted++) {
      if (emitted > 0 && !this.#isNextDue()) return;
      out.at(this.#reader.timeNs(0));
      this.#reader.read(out.reserve('samples'));
      out.commit('samples');
      this.#frames += 1;
    }
  }

  #isNextDue(): boolean {
    try {
      if (this.#reader.ensure(this.#rows) < this.#rows) return false;
    } catch {
      // What this call has emitted is good and must not be discarded: the next call meets the same error
      // first.
      return false;
    }
    return this.#pace.untilMs(this.#reader.timeNs(this.#rows - 1)) <= 0;
  }

  onStop(): void {
    this.#reader.close();
  }

  progress(): Progress {
    const samples = this.#reader.samples;
    return {
      done: this.#frames,
      total: samples === undefined ? undefined : Math.floor(samples / this.#rows),
    };
  }

  snapshot(): PacedState {
    return { position: this.#reader.position(), frames: this.#frames };
  }

  restore(state: unknown): void {
    const { position, frames } = state as PacedState;
    this.#reader.seek(position);
    this.#frames = frames;
    this.#pace.reset();
  }
}
