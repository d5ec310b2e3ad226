import type { Arbitrary } from 'fast-check';
import type { ClauseName } from './played.ts';
import type { Specimen } from './specimen.ts';
import type { Survey, Trial } from './trials.ts';

/** A promise of the contract, and how it is tried. */
export interface Clause {
  readonly name: ClauseName;
  /** What is promised, as a sentence. */
  readonly title: string;
  /** What to do where it is broken. */
  readonly remedy: string;
  /**
   * `rig`: handlers are called directly. `graph`: graphs are started, so that fewer cases are tried.
   * `once`: one.
   */
  readonly depth: 'rig' | 'graph' | 'once';
  trials(specimen: Specimen, survey: Survey): Arbitrary<Trial>;
  /** How the clause is broken, as a line; `undefined` where it holds. */
  judge(specimen: Specimen, trial: Trial, survey: Survey): Promise<string | undefined>;
}
