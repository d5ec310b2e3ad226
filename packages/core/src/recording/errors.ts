import { TroupeError } from '@troupe/mailbox';

/** A file is no recording, or cannot be written. Codes `BAD_RECORDING` and `RECORDING_WRITE`;
 * `RECORDING_LATE`: the run has begun; `RECORDING_MISMATCH`: it is one of another graph. */
export class RecordingError extends TroupeError {
  readonly file: string;

  constructor(
    code: 'BAD_RECORDING' | 'RECORDING_WRITE' | 'RECORDING_LATE' | 'RECORDING_MISMATCH',
    file: string,
    message: string,
    remedy: string,
    cause?: unknown,
  ) {
    super(`${file}: ${message}`, { code, remedy, cause });
    this.file = file;
  }
}
