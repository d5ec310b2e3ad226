import { Envelope, FrameReader } from '@troupe/mailbox';
import { TargetError } from '../errors.ts';
import type { SharedRun } from '../drivers/messages.ts';
import type { Plan, PortName } from '../plan/types.ts';
import { ownedSample } from './boundary-output.ts';
import type { Sample, Tap } from './types.ts';

/** A non-blocking reader on main behind any frame output: it never holds the writer back. */
export class LiveTap implements Tap {
  readonly #reader: FrameReader;
  readonly #callback: (sample: Sample) => void;
  readonly #onClose: (tap: LiveTap) => void;
  readonly #envelope = new Envelope();
  #isClosed = false;

  constructor(
    buffer: SharedArrayBuffer,
    callback: (sample: Sample) => void,
    onClose: (tap: LiveTap) => void,
  ) {
    this.#reader = new FrameReader(buffer, { policy: 'dropOldest', bell: 0 });
    this.#callback = callback;
    this.#onClose = onClose;
  }

  get skipped(): number {
    return this.#reader.skipped;
  }

  /** Calls back with what has arrived, a bounded number at a time. False when nothing had. */
  pump(): boolean {
    let count = 0;
    while (count < 64 && !this.#isClosed && this.#reader.take(this.#envelope)) {
      this.#reader.settle();
      this.#callback(ownedSample(this.#envelope));
      count++;
    }
    this.#reader.release();
    return count > 0;
  }

  hasWork(): boolean {
    return !this.#isClosed && this.#reader.available() > 0;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reader.detach();
    this.#onClose(this);
  }
}

/** The memory behind a frame output. Throws `TargetError`. */
export function tappedRing(plan: Plan, shared: SharedRun, { stage, port }: PortName): SharedArrayBuffer {
  const outlet = plan.actors
    .find(({ name }) => name === stage)
    ?.outlets.find((candidate) => candidate.port === port);
  const buffer = shared.rings[outlet?.primary ?? -1];
  if (buffer !== undefined) return buffer;
  const what =
    outlet === undefined ? 'there is no such output' : 'it carries values, which are not broadcast';
  throw new TargetError(
    `'${stage}.${port}' cannot be tapped: ${what}`,
    'Tap a frame output of a stage of this graph.',
    port,
  );
}
