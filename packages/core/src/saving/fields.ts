import type { Dtype } from '@troupe/mailbox';
import type {
  ControlOptions,
  EventEntry,
  LatchEntry,
  Overflow,
  Phase,
  PortName,
  RunnerEntry,
  StageSettings,
  Supervision,
  TickOptions,
  WhileInactive,
} from '../plan/types.ts';
import type { BoundaryTable, EdgeTable, Origin } from './tables.ts';
import { anything, either, flag, list, number, oneOf, record, table, text } from './shape.ts';
import type { Shape } from './shape.ts';
import { isTable } from './toml-values.ts';
import type { Table } from './toml-values.ts';

/**
 * A shape for every key of a type, in the order in which they are written. A declaration that learns to say
 * more does not compile before its file can say it as well.
 */
export type Fields<T> = { readonly [K in keyof Required<T>]: Shape };

const phase = oneOf<Phase>({
  preAcquisition: true,
  acquisition: true,
  control: true,
  physics: true,
  validation: true,
  export: true,
  postExport: true,
});
const overflow = oneOf<Overflow>({
  block: true,
  latest: true,
  dropOldest: true,
  dropNewest: true,
  error: true,
});
const dtype = oneOf<Dtype>({
  int8: true,
  uint8: true,
  uint8clamped: true,
  int16: true,
  uint16: true,
  int32: true,
  uint32: true,
  float16: true,
  float32: true,
  float64: true,
  int64: true,
  uint64: true,
});
const strategy = oneOf<Supervision['strategy']>({ restart: true, resume: true, stop: true, escalate: true });
const form = oneOf<ControlOptions['form']>({ switchable: true, toggleable: true });
const whileInactive = oneOf<WhileInactive>({ drop: true, hold: true, latest: true });

const placement: Shape = either(
  isTable,
  either(
    (value) => Object.hasOwn(value as Table, 'dedicated'),
    table({ dedicated: flag }, ['dedicated']),
    table({ group: text }, ['group']),
  ),
  oneOf({ auto: true, main: true }),
);

export const portFields: Fields<PortName> = { stage: text, port: text };
export const runnerFields: Fields<RunnerEntry> = { name: text, hz: number };
export const eventFields: Fields<EventEntry> = { name: text, initial: flag };
export const latchFields: Fields<LatchEntry> = { name: text, dtype, shape: list(number) };
export const tickFields: Fields<TickOptions> = {
  hz: number,
  runner: text,
  phase,
  priority: number,
  budgetMs: number,
};
export const controlFields: Fields<ControlOptions> = { form, event: text };
export const supervisionFields: Fields<Supervision> = {
  strategy,
  triesMax: number,
  restartsMax: number,
  withinMs: number,
  backoffMs: number,
  backoffMaxMs: number,
  watchdogMs: number,
  asyncWatchdogMs: number,
};
export const settingsFields: Fields<StageSettings> = {
  worker: placement,
  tick: table(tickFields, []),
  activeIn: list(text),
  whileInactive,
  control: table(controlFields, ['form', 'event']),
  resources: either(Array.isArray, list(text), record(number)),
  events: record(text),
  latches: record(text),
  supervision: table(supervisionFields, []),
  snapshotEveryMs: number,
  spillMax: number,
  tags: list(text),
  options: anything,
};
export const originFields: Fields<Origin> = { module: text, package: text, export: text };

const port = table(portFields, ['stage', 'port']);

export const edgeFields: Fields<EdgeTable> = {
  from: port,
  to: port,
  type: text,
  capacity: number,
  overflow,
  back: flag,
};
export const boundaryFields: Fields<BoundaryTable> = {
  name: text,
  at: port,
  type: text,
  capacity: number,
  overflow,
};
