import type { GraphDeclaration } from '../plan/types.ts';
import { openRecording } from '../recording/open.ts';
import type { Recording, RecordingTail } from '../recording/reader.ts';
import type { Divergence } from './comparison.ts';
import { Rerun } from './rerun.ts';
import type { ReplayOptions } from './rerun.ts';
import type { Run } from './types.ts';

/** What a replay has found. */
export interface ReplayReport {
  /** Steps that were done again. */
  readonly steps: number;
  /** Messages that were compared. */
  readonly compared: number;
  /** The first difference; `undefined`: bit for bit the same. */
  readonly divergence: Divergence | undefined;
  /**
   * Whether the recording says all there is to know: one of a realtime run gives the times, but not the order
   * in which threads did things.
   */
  readonly isExact: boolean;
  /** Stages that were not run. What they emitted is played from the recording. */
  readonly leftOut: readonly string[];
  /** What a replay cannot repeat, a sentence each. */
  readonly warnings: readonly string[];
  /** As the recorded run, the replay failed, with this error; what was compared until then was equal. */
  readonly failure: Error | undefined;
  /** How the recording ends; `undefined` where it has not been read to its end. */
  readonly tail: RecordingTail | undefined;
}

/**
 * Starts a graph again with everything that a recording says came from outside, and compares what all stages
 * emit. Rejects `RecordingError` when the file is no recording, or one of another graph, and as `start` does.
 */
export async function replayRecording(
  declaration: GraphDeclaration,
  path: string,
  options: ReplayOptions = {},
): Promise<ReplayReport> {
  const recording = await openRecording(path);
  try {
    return await new Replay(new Rerun(declaration, path, recording, options), recording).play();
  } finally {
    await recording.close();
  }
}

/** A run that is done again from its beginning to its end. */
class Replay {
  readonly #rerun: Rerun;
  readonly #recording: Recording;
  /** Recorded steps in which nothing came, behind the end of the replay. */
  #undone = 0;

  constructor(rerun: Rerun, recording: Recording) {
    this.#rerun = rerun;
    this.#recording = recording;
  }

  async play(): Promise<ReplayReport> {
    const rerun = this.#rerun;
    const run = await rerun.begin();
    let failure: Error | undefined;
    try {
      await rerun.over;
    } catch (error) {
      // A run that failed does so again.
      if (!(await this.#mayFail())) throw error;
      failure = error as Error;
    } finally {
      await run.stop();
    }
    // One that was heard of only at the end.
    if (rerun.steps.reason === 'failed') failure ??= await failureOf(run);
    // The end may have been seen before the end of the last round.
    if (!rerun.isDiverged) rerun.onRound();
    if (failure === undefined) await this.#settle();
    return {
      steps: rerun.done + this.#undone,
      compared: rerun.comparison.compared,
      divergence: rerun.comparison.divergence,
      isExact: rerun.isExact,
      leftOut: rerun.standIns.leftOut,
      warnings: rerun.standIns.warnings,
      failure,
      tail: this.#recording.tail,
    };
  }

  /**
   * Whether the recorded run failed too, or may have: its recording does not say how it ended, or that it was
   * stopped, and the step in hand is its last one. Main learns of a failure some rounds after it, so that
   * neither run says in which step that was.
   */
  async #mayFail(): Promise<boolean> {
    const { now, steps } = this.#rerun;
    const isLast = now?.isLast === true;
    await steps.skip();
    const { reason } = steps;
    return reason === undefined || reason === 'failed' || (reason === 'stopped' && isLast);
  }

  /** The replay is over: what is left of both sides has no counterpart. */
  async #settle(): Promise<void> {
    const { comparison, steps, isExact } = this.#rerun;
    if (!isExact) {
      // What was seen late while it was recorded has been given again already.
      while (!steps.isOver) {
        comparison.expected(steps.take()?.outputs ?? []);
        await steps.load();
      }
      if (steps.reason !== undefined) comparison.settle(false);
      return;
    }
    comparison.settle(!steps.isOver || steps.reason === 'ended');
    // The replay has ended too soon where steps are left.
    while (comparison.divergence === undefined && !steps.isOver) {
      comparison.expected(steps.take()?.outputs ?? []);
      comparison.settle(true);
      if (comparison.divergence === undefined) this.#undone++;
      await steps.load();
    }
  }
}

/** The error with which a run that is over has failed, if it has. */
function failureOf(run: Run): Promise<Error | undefined> {
  return run.done.then(
    () => undefined,
    (error: unknown) => error as Error,
  );
}
