import { EmitError, FrameOutlet } from '@troupe/mailbox';
import type { Envelope, FrameArray, MessageOutlet } from '@troupe/mailbox';
import type { Out } from '../stage.ts';

/** What one actor emits through. Port names are compared by identity first: in practice they are the same constants. */
export class ActorOut implements Out {
  /** The call in hand has set a time of its own with `at`. */
  hasTime = false;
  /** Whether a handler call is running; nothing may be emitted between calls. */
  isOpen = false;
  #time = 0;
  readonly #envelope: Envelope;
  readonly #outlets: readonly (FrameOutlet | MessageOutlet)[];
  readonly #flush: () => Promise<void> | undefined;
  readonly #firstPort: string | undefined;
  readonly #firstFrames: FrameOutlet | undefined;

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
    this.#firstPort = first?.port;
    this.#firstFrames = first instanceof FrameOutlet ? first : undefined;
  }

  reserve(port: string): never {
    return this.#frames(port).reserve() as never;
  }

  commit(port: string): void {
    const { time, flags } = this.#envelope;
    // `redelivered` and `resent` go on to what is emitted.
    this.#frames(port).commit(this.hasTime ? this.#time : time, flags & 3);
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
      throw new EmitError(`at(${timeNs}): not an integer`, '', 'Give integer nanoseconds since the run’s epoch.');
    }
    this.#time = timeNs;
    this.hasTime = true;
  }

  async flush(): Promise<void> {
    await this.#flush();
  }

  #frames(port: string): FrameOutlet {
    if (port === this.#firstPort && this.isOpen && this.#firstFrames !== undefined) return this.#firstFrames;
    const outlet = this.#outlet(port);
    if (outlet instanceof FrameOutlet) return outlet;
    throw new EmitError(`port '${port}' carries values, not frames`, port, 'Use send(port, value).');
  }

  #outlet(port: string): FrameOutlet | MessageOutlet {
    if (!this.isOpen) {
      throw new EmitError(`an emission on port '${port}' outside of a handler call`, port, 'Use post(value) and onPost.');
    }
    for (let i = 0; i < this.#outlets.length; i++) {
      const outlet = this.#outlets[i] as FrameOutlet | MessageOutlet;
      if (outlet.port === port) return outlet;
    }
    const names = this.#outlets.map((outlet) => outlet.port).join(', ');
    throw new EmitError(`there is no output port '${port}'`, port, `Use one of: ${names === '' ? '(none)' : names}.`);
  }
}
