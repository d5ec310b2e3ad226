import { TroupeError } from '@troupe/mailbox';

/**
 * A stage breaks its contract. Code `CONTRACT_BROKEN`. The message has the shrunk case and how to replay
 * it.
 */
export class ContractError extends TroupeError {
  /** Which clause of the contract: `buffers`, `snapshot`, … */
  readonly clause: string;
  /** What replays the case, with `path`, as `TROUPE_SEED` and `TROUPE_PATH`. */
  readonly seed: number;
  readonly path: string;

  constructor(
    message: string,
    found: {
      readonly stage: string;
      readonly clause: string;
      readonly seed: number;
      readonly path: string;
      readonly remedy: string;
      readonly cause: unknown;
    },
  ) {
    const { stage, clause, seed, path, remedy, cause } = found;
    super(message, { code: 'CONTRACT_BROKEN', stage, remedy, cause });
    this.clause = clause;
    this.seed = seed;
    this.path = path;
  }
}

/**
 * A test asks for what cannot be done as it stands. Codes `NO_ARBITRARY`, `NO_FAST_CHECK`, `BAD_CONTRACT`,
 * `BAD_FAULT`, `BAD_CASE`.
 */
export class TestingError extends TroupeError {
  constructor(
    code: 'NO_ARBITRARY' | 'NO_FAST_CHECK' | 'BAD_CONTRACT' | 'BAD_FAULT' | 'BAD_CASE',
    message: string,
    remedy: string,
  ) {
    super(message, { code, remedy });
  }
}

/** Outputs are not what a golden file says, or there is none. Code `GOLDEN_DIFFERS`. */
export class GoldenError extends TroupeError {
  constructor(message: string, remedy: string) {
    super(message, { code: 'GOLDEN_DIFFERS', remedy });
  }
}
