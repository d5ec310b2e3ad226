/** What the process says to its shell at the end. */
export const exitCode = {
  /** The stream ended, or the run was stopped. */
  ended: 0,
  /** The run failed, a replay differed from its recording, or `doctor` found something missing. */
  failed: 1,
  /** Wrong usage, or an input that is wrong: a path, a module, a graph that cannot run, a corrupt file. */
  badInput: 2,
  /** A second Ctrl-C: 128 and the number of the signal. */
  interrupted: 130,
  /** A second SIGTERM. */
  terminated: 143,
} as const;
