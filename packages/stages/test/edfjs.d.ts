/** The part of `edfjs` that the tests compare with; the package brings no types. */
declare module 'edfjs' {
  export class EDF {
    read_buffer(buffer: ArrayBuffer): void;
    readonly channel_by_label: Record<string, { get_physical_samples(t0: number, dt: number): Float32Array }>;
  }
}
