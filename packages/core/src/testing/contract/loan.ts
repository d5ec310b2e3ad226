import { Buffer } from 'node:buffer';
import { arrayConstructor } from '@troupe/mailbox';
import type { Dtype, FrameArray } from '@troupe/mailbox';

/** As floats of any width large numbers, so that nothing that is computed from them stays as it was. */
const poison = 0x5a;
/** Elements before and after a frame that are not its own, as in a ring. */
const slack = 8;

/** A frame in shared memory, somewhere in a larger block, as handlers get it. */
export class Loan {
  readonly view: FrameArray;
  readonly #bytes: Buffer;
  #expected: Buffer;

  /** `surround` fills the block: bytes that belong to others, and old content. */
  constructor(dtype: Dtype, length: number, surround: number) {
    const constructor = arrayConstructor(dtype);
    const width = constructor.BYTES_PER_ELEMENT;
    const block = new SharedArrayBuffer((length + 2 * slack) * width);
    new Uint8Array(block).fill(surround);
    this.view = new constructor(block, slack * width, length);
    this.#bytes = Buffer.from(block, slack * width, length * width);
    this.#expected = Buffer.from(this.#bytes);
  }

  /** From here on nobody may change it. */
  seal(): void {
    this.#expected = Buffer.from(this.#bytes);
  }

  /** It goes back to the ring: from here on others write there. */
  poison(): void {
    this.#bytes.fill(poison);
    this.seal();
  }

  /** Whether it is as it was when it was sealed. */
  isIntact(): boolean {
    return this.#bytes.equals(this.#expected);
  }
}

/** Copies a frame of the same dtype and length. */
export function fill(target: FrameArray, source: FrameArray): void {
  (target as Float64Array).set(source as Float64Array);
}
