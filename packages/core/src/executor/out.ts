import { EmitError, FrameOutlet } from '@troupe/mailbox';
import type { FrameArray, MessageOutlet } from '@troupe/mailbox';
import type { Out } from '../stage.ts';

/** What one actor emits through. Port names are compared by identity first: in practice they are the same constants. */
export class ActorOut implements Out {
  /** Logical time and flags of what the running call emits. */
  time = 0;
  flags = 0;
  /** Whether a handler call is running; nothing may be emitted between calls. */
  isOpen = false;
  readonly #outlets: readonly (FrameOutlet | MessageOutlet)[];
  readonly #flush: () => void;
  readonly #firstPort: string | undefined;
  readonly #firstFrames: FrameOutlet | undefined;

  constructor(outlets: readonly (FrameOutlet | MessageOutlet)[], flush: () => void) {
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
    this.#frames(port).commit(this.time, this.flags);
  }

  send(port: string, data: unknown): void {
    const outlet = this.#outlet(port);
    if (outlet instanceof FrameOutlet) outlet.send(data as FrameArray, this.time, this.flags);
    else outlet.send(data, this.time, this.flags);
  }

  at(timeNs: number): void {
    if (!Number.isSafeInteger(timeNs)) {
      throw new EmitError(`at(${timeNs}): not an integer`, '', 'Give integer nanoseconds since the run’s epoch.');
    }
    this.time = timeNs;
  }

  async flush(): Promise<void> {
    this.#flush();
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
