import type {
  EdgeOptions,
  EventEntry,
  LatchEntry,
  PortName,
  RunnerEntry,
  StageSettings,
} from '../plan/types.ts';

/** The one version of the format so far. */
export const formatVersion = 1;

/** Where a stage is imported from: a module by its path, or a package by its name. */
export interface Origin {
  /** Relative to the folder of the file, with forward slashes, beginning with `./` or `../`. */
  readonly module?: string;
  /** `@troupe/stages`, or an entry of it, `@troupe/stages/dsp`. */
  readonly package?: string;
  /** The name under which it is exported there. */
  readonly export: string;
}

/** A `[[stage]]` block: where it comes from, and its settings, with references as names. */
export interface StageTable extends Origin, StageSettings {
  readonly name: string;
}

/** An `[[edge]]` block. `type` is what both ports carried when the graph was saved. */
export interface EdgeTable extends EdgeOptions {
  readonly from: PortName;
  readonly to: PortName;
  readonly type?: string;
}

/** An `[[input]]` or `[[output]]` block. */
export interface BoundaryTable extends Omit<EdgeOptions, 'back'> {
  readonly name: string;
  readonly at: PortName;
  readonly type?: string;
}

/** A graph file as data, its keys in the order in which they are written. */
export interface GraphDocument {
  readonly format: typeof formatVersion;
  readonly name: string;
  readonly runner?: readonly RunnerEntry[];
  readonly event?: readonly (Omit<EventEntry, 'initial'> & { readonly initial?: boolean })[];
  readonly latch?: readonly LatchEntry[];
  readonly stage?: readonly StageTable[];
  readonly edge?: readonly EdgeTable[];
  readonly input?: readonly BoundaryTable[];
  readonly output?: readonly BoundaryTable[];
  readonly terminator?: readonly PortName[];
}
