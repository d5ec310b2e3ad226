import { readFileSync } from 'node:fs';
import type { Doorbell } from '@troupe/mailbox';
import type { SharedRun } from '../drivers/messages.ts';
import type { WallClock } from '../executor/wall-clock.ts';
import type { Plan } from '../plan/types.ts';
import type { RecordingEntry } from '../recording/entries.ts';
import type { BoundaryInput } from './boundary-input.ts';
import { Collector } from './collector.ts';
import type { Conductor } from './conductor.ts';
import { Deeds } from './deeds.ts';
import type { LiveEvents } from './events.ts';
import { Recorder } from './recorder.ts';

/** Something whose changes from outside are recorded. */
export interface Changing {
  onChange: ((change: RecordingEntry) => void) | undefined;
}

/** Takes what stages emit, so that nobody waits for it. */
export interface Taker {
  /** False when nothing had come. */
  pump(): boolean;
  hasWork(): boolean;
}

export interface LiveRecordingParts {
  readonly plan: Plan;
  readonly shared: SharedRun;
  readonly bells: readonly Doorbell[];
  readonly clock: WallClock;
  readonly conductor: Conductor | undefined;
  readonly inputs: ReadonlyMap<string, BoundaryInput>;
  readonly events: LiveEvents;
  /** Modes, events, rates. */
  readonly changing: readonly Changing[];
  readonly seed: number;
  /** Reads what stages emit, in place of or beside a recorder. */
  readonly taker: Taker | undefined;
  /** The graph as text, where it can be saved. */
  readonly toml: (at: string) => Promise<string | undefined>;
}

/** What a run's recording needs of the run, and how it is begun and ended. */
export class LiveRecording {
  readonly #parts: LiveRecordingParts;
  #recorder: Recorder | undefined;
  #beginning: Promise<void> | undefined;
  readonly #paths: string[] = [];
  #isOver = false;
  #onError: (error: Error) => void = () => undefined;

  constructor(parts: LiveRecordingParts) {
    this.#parts = parts;
  }

  /** Called with the error that ends the run: what happens could not be written. */
  set onError(onError: (error: Error) => void) {
    this.#onError = onError;
  }

  /** Files that the run has been recorded in, or is. */
  get paths(): readonly string[] {
    return this.#paths;
  }

  /** Begins a recording, before the first step where there are steps. `isStarting`: nothing runs yet. */
  async begin(path: string, isStarting: boolean = false): Promise<void> {
    const { RecordingError } = await import('../recording/errors.ts');
    if (this.#isOver) {
      const remedy = 'Record it from its first step on.';
      throw new RecordingError('RECORDING_LATE', path, 'the run is over', remedy);
    }
    if (this.#beginning !== undefined) {
      throw new RecordingError(
        'RECORDING_WRITE',
        path,
        'the run is being recorded already',
        'Record it once.',
      );
    }
    const { conductor } = this.#parts;
    await this.#begin(path, conductor === undefined || isStarting);
  }

  async #begin(path: string, isNow: boolean): Promise<void> {
    const { conductor } = this.#parts;
    // The run waits for the file, once it is known that there will be one.
    this.#beginning =
      conductor === undefined || isNow ? this.#open(path) : conductor.atBoundary(() => this.#open(path));
    try {
      await this.#beginning;
      this.#paths.push(path);
    } catch (error) {
      this.#beginning = undefined;
      throw error;
    }
  }

  /** The run drains from the next step on. `isOver`: its duration is over. */
  noteDrain(isOver: boolean): void {
    this.#recorder?.onDrain(isOver);
  }

  /** Takes what has come. False when nothing had. */
  pump(): boolean {
    const { conductor, clock } = this.#parts;
    const hasTaken = this.#parts.taker?.pump() === true;
    return this.#recorder?.pump(conductor === undefined ? clock.nowNs() : undefined) === true || hasTaken;
  }

  hasWork(): boolean {
    return this.#recorder?.hasWork() === true || this.#parts.taker?.hasWork() === true;
  }

  /** The run is over: nothing is lost of what has come. Rejects when it cannot be written. */
  async close(reason: string): Promise<void> {
    this.#isOver = true;
    await this.#beginning?.catch(() => undefined);
    while (this.pump());
    await this.#recorder?.close(reason);
  }

  async #open(path: string): Promise<void> {
    const { plan, shared, bells, conductor, inputs, events, changing, seed, toml } = this.#parts;
    const [{ createRecording }, { RecordingError }, { planHash }] = await Promise.all([
      import('../recording/writer.ts'),
      import('../recording/errors.ts'),
      import('../recording/plan-hash.ts'),
    ]);
    if (conductor !== undefined && conductor.step >= 0) {
      const taken = conductor.step + 1;
      const message = `the run has taken ${taken} steps, and a recording must begin with the first`;
      const remedy = 'Give the path to `start({ record })`, or call `record` right after `start`.';
      throw new RecordingError('RECORDING_LATE', path, message, remedy);
    }
    const collector = new Collector(plan, shared, bells);
    const deeds = new Deeds(plan, shared, events, this.#parts.clock);
    try {
      const writer = await createRecording(path, {
        graph: plan.name,
        planHash: planHash(plan),
        seed,
        clock: plan.clock,
        workers: plan.workers.length - 1,
        options: { toml: await toml(path) },
        troupe: troupeVersion(),
      });
      const hold = (room: Promise<void>): void => {
        // An error of the disk comes with the next write.
        conductor?.atBoundary(() => room).catch(() => undefined);
      };
      const onError = (error: Error): void => this.#onError(error);
      this.#recorder = new Recorder({ plan, writer, collector, deeds, hold, onError });
    } catch (error) {
      collector.close();
      throw error;
    }
    const recorder = this.#recorder;
    conductor?.observe(recorder);
    for (const [name, input] of inputs) input.onEmit = (...push) => recorder.onPush(name, ...push);
    for (const each of changing) each.onChange = (change) => recorder.onChange(change);
  }
}

function troupeVersion(): string {
  // By name: where this module stands is different once it has been built.
  const manifest = new URL(import.meta.resolve('@troupe/core/package.json'));
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
