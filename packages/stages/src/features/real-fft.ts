import loadPffft from '@echogarden/pffft-wasm/simd';

const pffft = await loadPffft();

/** Whether the FFT can do this size: 2^a·3^b·5^c with a ≥ 5, from 32 to 1,048,576. */
export function isFftSize(size: number): boolean {
  if (!Number.isInteger(size) || size < 32 || size > 1_048_576 || size % 32 !== 0) return false;
  let rest = size;
  for (const prime of [2, 3, 5]) while (rest % prime === 0) rest /= prime;
  return rest === 1;
}

/**
 * The smallest size from `size` on that the FFT can do.
 *
 * @param size From 1 to 1,048,576.
 * @throws RangeError for any other.
 */
export function nextFftSize(size: number): number {
  if (!(size >= 1 && size <= 1_048_576)) throw new RangeError(`size ${size}: must be from 1 to 1,048,576`);
  let candidate = Math.max(32, Math.ceil(size / 32) * 32);
  while (!isFftSize(candidate)) candidate += 32;
  return candidate;
}

/** The largest size up to `size` that the FFT can do; 32 below that. */
function previousFftSize(size: number): number {
  let candidate = Math.min(1_048_576, Math.floor(size / 32) * 32);
  while (candidate > 32 && !isFftSize(candidate)) candidate -= 32;
  return Math.max(32, candidate);
}

/** @throws RangeError that names the nearest sizes when the FFT cannot do this one. */
export function checkFftSize(size: number): void {
  if (isFftSize(size)) return;
  const lower = previousFftSize(size);
  const nearest = size > 1_048_576 ? [lower] : [...new Set([lower, nextFftSize(size)])];
  throw new RangeError(
    `an FFT of ${size} samples is not possible: the size must be 2^a·3^b·5^c with a ≥ 5, ` +
      `such as ${nearest.join(' or ')}`,
  );
}

/**
 * A forward FFT of real samples by PFFFT (WebAssembly, single precision): X[k] = Σ x[n]·e^(−2πi·k·n/size),
 * unscaled. One instance serves all actors of a thread: a transform starts and ends within one handler.
 */
export class RealFft {
  readonly size: number;
  readonly #setup: number;
  readonly #inputAddress: number;
  readonly #outputAddress: number;
  readonly #workAddress: number;
  #memory: Float32Array | undefined;
  #input: Float32Array = new Float32Array(0);
  #output: Float32Array = new Float32Array(0);

  constructor(size: number) {
    checkFftSize(size);
    this.size = size;
    this.#setup = pffft._pffft_new_setup(size, 0);
    this.#inputAddress = allocate(size);
    this.#outputAddress = allocate(size);
    this.#workAddress = allocate(size);
  }

  /** Where the samples go: `size` floats, valid until the next call of anything here. */
  get input(): Float32Array {
    this.#refreshViews();
    return this.#input;
  }

  /**
   * Transforms what `input` holds. The result is packed and valid until the next call of anything here:
   * `[Re X[0], Re X[size/2], Re X[1], Im X[1], Re X[2], Im X[2], …]`.
   */
  transform(): Float32Array {
    pffft._pffft_transform_ordered(
      this.#setup,
      this.#inputAddress,
      this.#outputAddress,
      this.#workAddress,
      0,
    );
    this.#refreshViews();
    return this.#output;
  }

  /** Memory growth, by another size's allocation, detaches all views of the memory as it was. */
  #refreshViews(): void {
    if (this.#memory === pffft.HEAPF32) return;
    this.#memory = pffft.HEAPF32;
    const { buffer } = this.#memory;
    this.#input = new Float32Array(buffer, this.#inputAddress, this.size);
    this.#output = new Float32Array(buffer, this.#outputAddress, this.size);
  }
}

function allocate(floats: number): number {
  const address = pffft._pffft_aligned_malloc(4 * floats);
  if (address === 0) throw new Error(`no memory for an FFT of ${floats} samples`);
  return address;
}

const plans = new Map<number, RealFft>();

/**
 * The thread's FFT of this size, made on first use and kept: WebAssembly memory does not shrink, and a
 * restarted actor finds its plan again.
 *
 * @throws RangeError when the FFT cannot do this size.
 */
export function realFft(size: number): RealFft {
  const known = plans.get(size);
  if (known !== undefined) return known;
  const made = new RealFft(size);
  plans.set(size, made);
  return made;
}
