/** Options of the sources of large frames. */
export interface LargeOptions {
  readonly frameLength: number;
  /** Frames to emit before the end. */
  readonly frames: number;
}
