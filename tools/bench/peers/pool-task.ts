/** The task of the request/response pools: looks at the frame it is given and answers with a number. */
export function sumOfFirst(frame: Float32Array): number {
  return (frame[0] as number) + (frame[1] as number) + (frame[2] as number) + (frame[3] as number);
}
