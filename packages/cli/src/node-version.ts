/** The oldest Node that Troupe runs on. */
export const nodeMajorMin = 24;

/** Whether a version such as `24.1.0` is new enough. */
export function isNodeNewEnough(version: string): boolean {
  return Number.parseInt(version, 10) >= nodeMajorMin;
}
