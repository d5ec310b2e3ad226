/** A command that is not carried out. `READ_ONLY`, `BUSY`, `NO_REPLAY`, `NO_RECORDING`. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';
  readonly code: 'READ_ONLY' | 'BUSY' | 'NO_REPLAY' | 'NO_RECORDING';
  readonly remedy: string;

  constructor(code: CommandRefused['code'], message: string, remedy: string) {
    super(message);
    this.code = code;
    this.remedy = remedy;
  }
}
