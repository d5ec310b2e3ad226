import { RunStoppedError, TargetError } from '../errors.ts';
import type { GraphDeclaration } from '../plan/types.ts';
import type { RecordingHeader } from '../recording/entries.ts';
import { openRecording } from '../recording/open.ts';
import type { RecordingTail } from '../recording/reader.ts';
import { readChronicle, stepAt } from './chronicle.ts';
import type { Chronicle } from './chronicle.ts';
import { MomentCache } from './moment-cache.ts';
import { PassageFailure } from './passage.ts';
import type { Leading, Passage } from './passage.ts';
import { Passages } from './passages.ts';
import { RewindFailedError, SeekSupersededError } from './rewind-errors.ts';
import type { Mark, Moment, Rewind, RewindOptions } from './rewind-types.ts';

/** Moments that are kept on the way to a step: going back to them takes no replay. */
const momentsBefore = 64;
/** From so many steps on a replay is left behind. */
const standbySteps = 256;
const standbyDefault = 2;

/**
 * Opens a recording, and stands before its first step. Rejects `RecordingError` when the file is no
 * recording, or one of another graph, and as `start` does.
 */
export async function rewindRecording(
  declaration: GraphDeclaration,
  path: string,
  { standby = standbyDefault, onLog = () => undefined, ...rest }: RewindOptions = {},
): Promise<Rewind> {
  if (!Number.isInteger(standby) || standby < 0 || standby > 4) {
    throw new RangeError(`standby must be a whole number from 0 to 4, not ${standby}`);
  }
  await using recording = await openRecording(path);
  const { header } = recording;
  const chronicle = await readChronicle(recording);
  const { times } = chronicle;
  const options = { ...rest, onLog };
  const placed = rest.workers === undefined ? gathered(declaration) : declaration;
  const passages = new Passages({ declaration: placed, path, options, times }, standby + 1);
  const first = await passages.open();
  return new LiveRewind(header, chronicle, passages, first);
}

/**
 * All stages that have workers share one: where a step has little to do, what it takes is mostly the time in
 * which threads wake each other. What is shown does not depend on it.
 */
function gathered(declaration: GraphDeclaration): GraphDeclaration {
  const stages = declaration.stages.map((entry) => {
    const { stage, settings } = entry;
    if (stage.module === undefined || settings.worker === 'main') return entry;
    return { ...entry, settings: { ...settings, worker: { group: 'rewind' } } };
  });
  return { ...declaration, stages };
}

/** A seek that has not arrived. */
interface Call {
  readonly step: number;
  readonly resolve: (moment: Moment) => void;
  readonly reject: (error: unknown) => void;
}

class LiveRewind implements Rewind {
  readonly header: RecordingHeader;
  readonly isExact: boolean;
  readonly leftOut: readonly string[];
  readonly warnings: readonly string[];
  readonly #chronicle: Chronicle;
  readonly #passages: Passages;
  readonly #moments = new MomentCache();
  #moment: Moment;
  #call: Call | undefined;
  #working: Promise<void> | undefined;
  /** The replay that is being led on. */
  #led: Passage | undefined;
  /** The run fails: from here on it is listened to in each step. */
  #isWary = false;
  #failure: RewindFailedError | undefined;
  #isClosed = false;

  constructor(header: RecordingHeader, chronicle: Chronicle, passages: Passages, first: Passage) {
    this.header = header;
    this.#chronicle = chronicle;
    this.#passages = passages;
    this.isExact = first.isExact;
    this.leftOut = first.standIns.leftOut;
    this.warnings = [...first.standIns.warnings, ...warningsOf(chronicle)];
    this.#moment = first.look();
    this.#moments.add(this.#moment);
  }

  get steps(): number {
    return this.#chronicle.times.length;
  }

  get durationNs(): number {
    return this.#chronicle.times.at(-1) ?? 0;
  }

  get tail(): RecordingTail {
    return this.#chronicle.tail;
  }

  get marks(): readonly Mark[] {
    return this.#chronicle.marks;
  }

  get marksLeftOut(): number {
    return this.#chronicle.marksLeftOut;
  }

  get moment(): Moment {
    return this.#moment;
  }

  async seek(
    to: { readonly timeNs: number } | { readonly step: number },
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<Moment> {
    const step = this.#stepOf(to);
    signal?.throwIfAborted();
    if (this.#isClosed) throw new RunStoppedError('a seek');
    this.#call?.reject(new SeekSupersededError(this.#call.step));
    const { promise, resolve, reject } = Promise.withResolvers<Moment>();
    const call: Call = { step, resolve, reject };
    const abort = (): void => {
      if (this.#call === call) this.#giveUp(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    this.#call = call;
    this.#led?.halt();
    this.#working ??= this.#work();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async next(): Promise<Moment | undefined> {
    const step = (this.#call?.step ?? this.#moment.step) + 1;
    return step < this.steps ? this.seek({ step }) : undefined;
  }

  async previous(): Promise<Moment | undefined> {
    const step = (this.#call?.step ?? this.#moment.step) - 1;
    return step >= -1 ? this.seek({ step }) : undefined;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#giveUp(new RunStoppedError('a seek'));
    await this.#passages.close();
    await this.#working;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #giveUp(reason: unknown): void {
    this.#call?.reject(reason);
    this.#call = undefined;
    this.#led?.halt();
  }

  #stepOf(to: { readonly timeNs: number } | { readonly step: number }): number {
    if ('timeNs' in to) {
      if (!Number.isNaN(to.timeNs)) return stepAt(this.#chronicle.times, to.timeNs);
    } else if (Number.isInteger(to.step) && to.step >= -1) return Math.min(to.step, this.steps - 1);
    throw new TargetError(
      `there is no ${'timeNs' in to ? 'time' : 'step'} ${'timeNs' in to ? to.timeNs : to.step} to go to`,
      'Give a time in nanoseconds, or a step: a whole number from -1 (before the first one).',
    );
  }

  /** Goes where it was last told to, and then leaves a replay behind for going back. */
  async #work(): Promise<void> {
    while (this.#call !== undefined) {
      const call = this.#call;
      try {
        const moment = await this.#reach(call);
        if (moment !== undefined && this.#call === call) {
          this.#moment = moment;
          this.#call = undefined;
          call.resolve(moment);
        }
      } catch (error) {
        if (this.#call === call) this.#call = undefined;
        call.reject(error);
      }
      // A failure here is one of the next seek, too.
      if (this.#call === undefined) await this.#standBy().catch(() => undefined);
    }
    this.#working = undefined;
  }

  /** The moment at a step; `undefined`: something else has been asked for meanwhile. */
  async #reach(call: Call): Promise<Moment | undefined> {
    const { step } = call;
    const known = this.#moments.find(step);
    if (known !== undefined) return known;
    if (this.#failure !== undefined && step >= this.#failure.step) throw this.#failure;
    const from = Math.max(0, step - momentsBefore);
    while (this.#call === call) {
      const passage = this.#passages.before(step) ?? (await this.#passages.open());
      if (this.#call !== call) break;
      if (passage.position === step) this.#moments.add(passage.look());
      else await this.#lead(passage, step, from);
      const moment = this.#moments.find(step);
      if (moment !== undefined) return moment;
    }
    return undefined;
  }

  /** Leads a replay on. Where it fails it is done once more, from before that, to see in which step. */
  async #lead(passage: Passage, goal: number, from: number): Promise<void> {
    const isWary = this.#isWary;
    const onMoment: Leading['onMoment'] = (moment) => this.#moments.add(moment);
    this.#led = passage;
    try {
      await passage.lead({ goal, from, isWary, onMoment });
    } catch (error) {
      await this.#passages.drop(passage);
      if (!(error instanceof PassageFailure) || this.#isClosed) throw error;
      this.#isWary = true;
      if (!isWary) return;
      const { step } = error;
      this.#failure = new RewindFailedError(step, this.#chronicle.times[step] ?? 0, error.error);
      throw this.#failure;
    } finally {
      this.#led = undefined;
    }
  }

  /**
   * A seek that goes back further than the moments that are kept goes on from a replay that stands before it:
   * so one is led to three quarters of the way, where none stands in the second half.
   */
  async #standBy(): Promise<void> {
    const before = this.#moment.step - momentsBefore - 1;
    if (before < standbySteps || this.#failure !== undefined) return;
    const nearest = this.#passages.before(before);
    if (nearest !== undefined && nearest.position >= before / 2) return;
    if (!this.#passages.hasRoom && nearest === undefined) return;
    const passage = nearest ?? (await this.#passages.open());
    const goal = Math.floor((before * 3) / 4);
    if (this.#call === undefined && !this.#isClosed) await this.#lead(passage, goal, goal + 1);
  }
}

function warningsOf({ reason, isCut, times, tail }: Chronicle): readonly string[] {
  if (isCut) return [`the recording ends within step ${times.length}, which is not shown (${tail.message})`];
  if (reason === undefined || reason === 'ended') return [];
  return [`the run was ended within its last step (${reason}), which may show more than there was`];
}
