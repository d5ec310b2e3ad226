import { TroupeError } from '@troupe/mailbox';

/** Another seek began before this one had arrived. Code `SEEK_SUPERSEDED`. */
export class SeekSupersededError extends TroupeError {
  constructor(step: number) {
    super(`the seek to step ${step} was given up: another one has begun`, {
      code: 'SEEK_SUPERSEDED',
      remedy: 'Wait for a seek before the next one, or leave it to the newest.',
    });
  }
}

/** Done again, the run fails, as it did or may have. Code `REWIND_FAILED`; the cause says how. */
export class RewindFailedError extends TroupeError {
  /** The step in which it fails: those before it can be shown. */
  readonly step: number;

  constructor(step: number, timeNs: number, cause: Error) {
    const before = step === 0 ? 'before it' : `up to step ${step - 1}`;
    super(`the run fails in step ${step} (${timeNs / 1e9} s): ${cause.message}`, {
      code: 'REWIND_FAILED',
      remedy: `Seek to a step ${before}: they show what led to it.`,
      cause,
    });
    this.step = step;
  }
}
