import { TroupeError } from '@troupe/mailbox';

/** The rules of the machine do not let a mode follow another. Code `MODE_REFUSED`. Nothing has changed. */
export class ModeRefusedError extends TroupeError {
  /** The rule's name, as the machine gives it. */
  readonly rule: string;
  readonly from: string;
  readonly to: string;

  constructor(rule: string, from: string, to: string, remedy: string | undefined) {
    super(`mode '${from}' does not give way to '${to}' (${rule})`, {
      code: 'MODE_REFUSED',
      remedy: remedy ?? `Ask for a mode that may follow '${from}'; run.modes.machine() has the rules.`,
    });
    this.rule = rule;
    this.from = from;
    this.to = to;
  }
}

/** A change of mode failed; the mode is the initial one. Code `MODE_CHANGE`. */
export class ModeChangeError extends TroupeError {
  readonly from: string;
  readonly to: string;

  constructor(from: string, to: string, initial: string, cause: unknown) {
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    super(`the change from mode '${from}' to '${to}' failed, the mode is '${initial}'${why}`, {
      code: 'MODE_CHANGE',
      remedy: 'See the cause; ask again when it is mended.',
      cause,
    });
    this.from = from;
    this.to = to;
  }
}

/** A mode was not entered in time. Code `MODE_TIMEOUT`. A change that had begun is carried through. */
export class ModeTimeoutError extends TroupeError {
  /** Its turn had not come: it was withdrawn. */
  readonly isWithdrawn: boolean;

  constructor(mode: string, timeoutMs: number, isWithdrawn: boolean) {
    super(`mode '${mode}' was not entered within ${timeoutMs} ms`, {
      code: 'MODE_TIMEOUT',
      remedy: isWithdrawn
        ? 'The request was withdrawn. Ask again, or wait longer.'
        : 'The change goes on: run.modes.state$ tells when it has been made.',
    });
    this.isWithdrawn = isWithdrawn;
  }
}
