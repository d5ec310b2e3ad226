import { TroupeError } from '@troupe/mailbox';

/** The condition of a breakpoint is not one. Code `BREAKPOINT_CONDITION`. */
export class ConditionError extends TroupeError {
  /** Where in the condition, in characters from 0. */
  readonly at: number;

  constructor(condition: string, at: number, what: string) {
    const shown = condition.length > 80 ? `${condition.slice(0, 80)}…` : condition;
    super(`the condition '${shown}' is not understood at character ${at}: ${what}`, {
      code: 'BREAKPOINT_CONDITION',
      remedy:
        'Use seq, time, value, frame and error, with comparison, arithmetic, && || ! ?:, and max(frame).',
    });
    this.at = at;
  }
}

/** What was to be stepped cannot be, or has come to its end before. Code `STEP_ENDED`. */
export class StepEndedError extends TroupeError {
  constructor(stage: string | undefined, why: string, remedy: string) {
    super(`no step${stage === undefined ? '' : ` of stage '${stage}'`}: ${why}`, {
      code: 'STEP_ENDED',
      stage,
      remedy,
    });
  }
}

/** A step has not found anything to do in time. Code `STEP_TIMEOUT`. */
export class StepTimeoutError extends TroupeError {
  constructor(stage: string | undefined, what: string, timeoutMs: number) {
    super(`no ${what}${stage === undefined ? '' : ` for stage '${stage}'`} within ${timeoutMs} ms`, {
      code: 'STEP_TIMEOUT',
      stage,
      remedy: 'Step the stages before it first, or wait for longer.',
    });
  }
}

/** The clock of the run has no phases. Code `STEP_NO_PHASES`. */
export class StepNoPhasesError extends TroupeError {
  constructor() {
    super('the realtime clock has no rounds that could be stepped', {
      code: 'STEP_NO_PHASES',
      remedy: 'Step stages one by one, or start the graph with the paced or the fast clock.',
    });
  }
}
