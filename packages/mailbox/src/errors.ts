/** What every Troupe error carries beside its message. */
export interface ErrorDetails {
  /** Stable, upper-case, never reused for another meaning: tests and programs match on it. */
  readonly code: string;
  /** What the reader can do about it, as one sentence. */
  readonly remedy: string;
  readonly stage?: string | undefined;
  readonly port?: string | undefined;
  readonly cause?: unknown;
}

/** Base class of every error that Troupe raises. `message` says what happened, `remedy` what to do next. */
export class TroupeError extends Error {
  readonly code: string;
  readonly remedy: string;
  readonly stage: string | undefined;
  readonly port: string | undefined;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = details.code;
    this.remedy = details.remedy;
    this.stage = details.stage;
    this.port = details.port;
  }
}

/** A ring, queue or mailbox was declared with sizes it cannot have. Code `BAD_LAYOUT`. */
export class LayoutError extends TroupeError {
  constructor(message: string, remedy: string) {
    super(message, { code: 'BAD_LAYOUT', remedy });
  }
}

/** All reader places of a ring are taken. Code `TOO_MANY_READERS`. */
export class TooManyReadersError extends TroupeError {
  constructor(readersMax: number) {
    super(`all ${readersMax} reader places of this ring are taken`, {
      code: 'TOO_MANY_READERS',
      remedy: 'Detach a reader first, or put a relay stage behind this output.',
    });
  }
}

/** A message is larger than its ring accepts. Code `MESSAGE_TOO_LARGE`. The message was not sent. */
export class MessageTooLargeError extends TroupeError {
  readonly bytes: number;
  readonly bytesMax: number;

  constructor(bytes: number, bytesMax: number, port?: string) {
    super(`a message of ${bytes} bytes exceeds the bound of ${bytesMax} bytes`, {
      code: 'MESSAGE_TOO_LARGE',
      remedy:
        'Raise `maxBytes` of the message port, split the message, or send bulk data through a frame port.',
      port,
    });
    this.bytes = bytes;
    this.bytesMax = bytesMax;
  }
}

/**
 * A value cannot cross a thread (a function, a symbol, a WeakMap …). Code `NOT_SERIALISABLE`. It was not
 * sent.
 */
export class NotSerialisableError extends TroupeError {
  constructor(cause: unknown, port?: string) {
    super(`a value cannot be serialised: ${cause instanceof Error ? cause.message : String(cause)}`, {
      code: 'NOT_SERIALISABLE',
      remedy: 'Send plain data: what v8.serialize accepts (no functions, symbols, WeakMaps, proxies).',
      port,
      cause,
    });
  }
}

/**
 * A handler emitted so much in one call that the spill buffer behind `maxEmit` overflowed. Code
 * `SPILL_OVERFLOW`.
 */
export class SpillOverflowError extends TroupeError {
  constructor(port: string, spillMax: number, maxEmit: number) {
    super(
      `one call emitted over ${spillMax} messages more than port '${port}' has room for (maxEmit ${maxEmit})`,
      {
        code: 'SPILL_OVERFLOW',
        remedy: 'Declare `maxEmit` on the port as the most that one call emits, or emit less per call.',
        port,
      },
    );
  }
}

/** An edge with `overflow: 'error'` was full when its writer emitted. Code `EDGE_OVERFLOW`. */
export class EdgeOverflowError extends TroupeError {
  constructor(port: string, capacity: number) {
    super(`an edge from port '${port}' with overflow 'error' is full (${capacity} messages)`, {
      code: 'EDGE_OVERFLOW',
      remedy: 'Raise the capacity of the edge, make its consumer faster, or choose another overflow policy.',
      port,
    });
  }
}

/** `commit` without `reserve`, a frame of another length, a port of another name or kind. Code `BAD_EMIT`. */
export class EmitError extends TroupeError {
  constructor(message: string, port: string, remedy: string) {
    super(message, { code: 'BAD_EMIT', port, remedy });
  }
}
