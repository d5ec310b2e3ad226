import { EmitError, FrameOutlet } from '@troupe/mailbox';
import type { Envelope, FrameArray, MessageOutlet } from '@troupe/mailbox';
import type { Out } from '../stage.ts';

/**
 * What one actor emits through. Port names are compared by identity first: in practice they are the same
 * constants.
 */
export class ActorOut implements Out {
  /** The call in hand has set a time of its own with `at`. */
  hasTime = false;
  #time = 0;
  readonly #envelope: Envelope;
  readonly #outlets: readonly (FrameOutlet | MessageOutlet)[];
  readonly #flush: () => Promise<void> | undefined;
  #isOpen = false;
  /** The first port, if it carries frames, while a call is running: one comparison finds the usual case. */
  #openPort: string | undefined;
  readonly #firstPort: string | undefined;
  readonly #first: FrameOutlet;

  /** `envelope`: has the time and flags of the call in hand, which what it emits inherits. */
  constructor(
    outlets: readonly (FrameOutlet | MessageOutlet)[],
    envelope: Envelope,
    flush: () => Promise<void> | undefined,
  ) {
    this.#envelope = envelope;
    this.#outlets = outlets;
    this.#flush = flush;
    const first = outlets[0];
    this.#firstPort = first instanceof FrameOutlet ? first.port : undefined;
    // Only ever used when `#openPort` says that it is one.
    this.#first = first as FrameOutlet;
  }

  /** Whether a handler call is running; nothing may be emitted between calls. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  set isOpen(isOpen: boolean) {
    this.#isOpen = isOpen;
    this.#openPort = isOpen ? this.#firstPort : undefined;
  }

  reserve(port: string): never {
    const outlet = port === this.#openPort ? this.#first : this.#frames(port);
    return outlet.reserve() as never;
  }

  commit(port: string): void {
    const outlet = port === this.#openPort ? this.#first : this.#frames(port);
    const envelope = this.#envelope;
    // `redelivered` and `resent` go on to what is emitted.
    outlet.commit(this.hasTime ? this.#time : envelope.time, envelope.flags & 3);
  }

  send(port: string, data: unknown): void {
    const outlet = this.#outlet(port);
    const time = this.hasTime ? this.#time : this.#envelope.time;
    const flags = this.#envelope.flags & 3;
    if (outlet instanceof FrameOutlet) outlet.send(data as FrameArray, time, flags);
    else outlet.send(data, time, flags);
  }

  at(timeNs: number): void {
    if (!Number.isSafeInteger(timeNs)) {
      throw new EmitError(
        `at(${timeNs}): not an integer`,
        '',
        'Give integer nanoseconds since the run’s epoch.',
      );
    }
    this.#time = timeNs;
    this.hasTime = true;
  }

  async flush(): Promise<void> {
    await this.#flush();
  }

  #frames(port: string): FrameOutlet {
    const outlet = this.#outlet(port);
    if (outlet instanceof FrameOutlet) return outlet;
    throw new EmitError(`port '${port}' carries values, not frames`, port, 'Use send(port, value).');
  }

  #outlet(port: string): FrameOutlet | MessageOutlet {
    if (!this.#isOpen) {
      throw new EmitError(
        `an emission on port '${port}' outside of a handler call`,
        port,
        'Use post(value) and onPost.',
      );
    }
    for (let i = 0; i < this.#outlets.length; i++) {
      const outlet = this.#outlets[i] as FrameOutlet | MessageOutlet;
      if (outlet.port === port) return outlet;
    }
    const names = this.#outlets.map((outlet) => outlet.port).join(', ');
    throw new EmitError(
      `there is no output port '${port}'`,
      port,
      `Use one of: ${names === '' ? '(none)' : names}.`,
    );
  }
}

/**
 * The same string as the constants of the stage's own code. A name that came from another thread is equal to
 * them but not identical, and every comparison would look at its characters.
 */
export function interned(name: string): string {
  return Object.keys({ [name]: 0 })[0] as string;
}
