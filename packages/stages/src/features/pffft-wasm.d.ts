/** The part of `@echogarden/pffft-wasm` that is used here; the package brings no types. */
declare module '@echogarden/pffft-wasm/simd' {
  export interface Pffft {
    /** Views of the WebAssembly memory; replaced by new ones when the memory grows. */
    readonly HEAPF32: Float32Array;
    /** 16-byte aligned, as the SIMD code needs; 0 when out of memory. */
    _pffft_aligned_malloc(bytes: number): number;
    /** `transform`: 0 real, 1 complex. Returns 0 for a size it cannot do, or aborts. */
    _pffft_new_setup(size: number, transform: 0 | 1): number;
    /** `direction`: 0 forward, 1 backward. Output in natural order. */
    _pffft_transform_ordered(
      setup: number,
      input: number,
      output: number,
      work: number,
      direction: 0 | 1,
    ): void;
  }
  export default function load(): Promise<Pffft>;
}
