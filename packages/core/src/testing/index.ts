export { simulate } from './simulate.ts';
export type { SimulateOptions, SimulationReport } from './simulate.ts';
export type { Fault, FaultKind, FaultOptions } from './simulation/faults.ts';
export { SimulationError } from './simulation/simulation-error.ts';
export type { Violation } from './simulation/simulation-error.ts';
export type { Happening, TraceEntry } from './simulation/trace.ts';
export { testRun } from './test-run.ts';
export type { TestRun } from './test-run.ts';
