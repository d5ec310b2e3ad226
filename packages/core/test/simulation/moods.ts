/** What a graph that is simulated with many seeds is, and what differs from seed to seed. */
import type { graph, StageSettings } from '@troupe/core';
import type { FaultOptions, SimulateOptions, SimulationReport } from '@troupe/core/testing';

export type Graph = ReturnType<typeof graph>;

/** A graph that is simulated with many seeds. */
export interface Shape {
  readonly name: string;
  readonly build: (seed: number) => Graph;
  readonly options: (seed: number) => SimulateOptions;
  /** What must have come out by a port, of so many numbers that were pushed by each. */
  readonly expected: Readonly<
    Record<string, (pushed: Readonly<Record<string, number>>) => readonly number[]>
  >;
  /** The source of a number that has come out: those of one come in order. */
  readonly sourceOf?: (value: number) => number;
  /** The same number may come out more than once. */
  readonly isRepeating?: boolean;
  /** What is wrong with what has come out of a whole run, beside that. */
  readonly check?: (report: SimulationReport, seed: number) => string | undefined;
}

const everything: FaultOptions = { throw: 0.01, death: 0.005, kill: 0.002, hang: 0.002, slow: 0.01 };
const calm: FaultOptions = {};
const deadly: FaultOptions = { death: 0.03, kill: 0.02 };
const clumsy: FaultOptions = { throw: 0.06, slow: 0.05 };
const meddled: FaultOptions = { ...everything, detach: 0.002, stop: 0.0003 };
const moods = [everything, calm, deadly, clumsy, meddled] as const;

/** What differs from seed to seed: workers, clock, and what goes wrong. */
export function mood(seed: number): SimulateOptions {
  const clock = seed % 4 === 3 ? 'fast' : 'realtime';
  return { seed, clock, workers: 1 + (seed % 5), faults: moods[seed % 7] ?? everything };
}

export function settings(seed: number, name: number): StageSettings<undefined> {
  const supervision = {
    strategy: (seed & 16) === 0 ? 'resume' : 'restart',
    triesMax: 100,
    restartsMax: 1_000_000,
    backoffMs: 1,
    backoffMaxMs: 1,
    watchdogMs: 20,
  } as const;
  const isAlone = (seed & 8) !== 0 || ((seed >> (name % 8)) & 32) !== 0;
  return { supervision, worker: isAlone ? { dedicated: true } : 'auto' };
}

export const capacityOf = (seed: number): number => [1, 2, 5, 8][(seed >> 2) & 3] as number;

export function numbers(count: number, from: number = 0): Float64Array[] {
  return Array.from({ length: count }, (_, i) => Float64Array.of(from + i));
}

export function upTo(count: number | undefined, from: number = 0): number[] {
  return Array.from({ length: count ?? 0 }, (_, i) => from + i);
}

export const all = ({ in: count }: Readonly<Record<string, number>>): number[] => upTo(count);
