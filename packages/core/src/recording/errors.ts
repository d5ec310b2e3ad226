import { TroupeError } from '@troupe/mailbox';

/** A file is no recording, or cannot be written. Codes `BAD_RECORDING` and `RECORDING_WRITE`. */
export class RecordingError extends TroupeError {
  readonly file: string;

  constructor(
    code: 'BAD_RECORDING' | 'RECORDING_WRITE',
    file: string,
    message: string,
    remedy: string,
    cause?: unknown,
  ) {
    super(`${file}: ${message}`, { code, remedy, cause });
    this.file = file;
  }
}
