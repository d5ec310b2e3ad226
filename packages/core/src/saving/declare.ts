import type {
  BoundaryEntry,
  EdgeEntry,
  GraphDeclaration,
  PortName,
  StageEntry,
  StageSettings,
} from '../plan/types.ts';
import type { AnyStage } from '../stage.ts';
import { formatVersion } from './tables.ts';
import type { GraphDocument, Origin, StageTable } from './tables.ts';
import {
  boundaryFields,
  controlFields,
  edgeFields,
  latchFields,
  portFields,
  runnerFields,
  settingsFields,
  supervisionFields,
  tickFields,
} from './fields.ts';
import type { Shape } from './shape.ts';
import { isTable } from './toml-values.ts';
import type { Table } from './toml-values.ts';

/** What the end of an edge carries, as text; `undefined` where that is unknown. */
export type PortTypes = (side: 'inputs' | 'outputs', at: PortName) => string | undefined;

/** A declaration as the document of its file. `origins`: one for each stage, in order. */
export function documentOf(
  declaration: GraphDeclaration,
  origins: readonly Origin[],
  typeOf: PortTypes,
): Table {
  const { name, stages, edges, inputs, outputs, runners, events, latches, terminators } = declaration;
  const document = {
    format: formatVersion,
    name,
    runner: runners?.map((entry) => ordered(entry, runnerFields)),
    event: events?.map((entry) => ({ name: entry.name, ...(entry.initial ? { initial: true } : {}) })),
    latch: latches?.map((entry) => ordered(entry, latchFields)),
    stage: stages.map((entry, i) => stageTable(entry, origins[i])),
    edge: edges.map((entry) => edgeTable(entry, typeOf)),
    input: inputs.map((entry) => boundaryTable(entry, typeOf('inputs', entry.at))),
    output: outputs.map((entry) => boundaryTable(entry, typeOf('outputs', entry.at))),
    terminator: terminators?.map((entry) => portTable(entry)),
  };
  const entries = Object.entries(document).filter(([, value]) => !Array.isArray(value) || value.length > 0);
  return Object.fromEntries(entries);
}

/** The declaration of a document. `stages`: what the origins of its stages have led to, in order. */
export function declarationOf(document: GraphDocument, stages: readonly AnyStage[]): GraphDeclaration {
  const { name, stage, edge, input, output, runner, event, latch, terminator } = document;
  return {
    name,
    stages: (stage ?? []).map((table, i) => ({
      name: table.name,
      stage: stages[i] as AnyStage,
      settings: settingsOf(table),
    })),
    edges: (edge ?? []).map(({ type: _type, ...entry }) => entry),
    inputs: (input ?? []).map(({ type: _type, ...entry }) => entry),
    outputs: (output ?? []).map(({ type: _type, ...entry }) => entry),
    runners: runner ?? [],
    events: (event ?? []).map(({ name: own, initial = false }) => ({ name: own, initial })),
    latches: latch ?? [],
    terminators: terminator ?? [],
  };
}

function stageTable({ name, settings }: StageEntry, origin: Origin | undefined): Table {
  const { tick, events, latches, control, supervision } = settings;
  const written = {
    ...settings,
    tick: isTable(tick) ? ordered({ ...tick, runner: nameOf(tick['runner']) }, tickFields) : tick,
    control: isTable(control)
      ? ordered({ ...control, event: nameOf(control['event']) }, controlFields)
      : control,
    events: namesOf(events),
    latches: namesOf(latches),
    supervision: isTable(supervision) ? ordered(supervision, supervisionFields) : supervision,
  };
  return { name, ...origin, ...ordered(written, settingsFields) };
}

function settingsOf(table: StageTable): StageSettings {
  const { name: _name, module: _module, package: _package, export: _export, ...settings } = table;
  return settings;
}

function edgeTable({ from, to, ...options }: EdgeEntry, typeOf: PortTypes): Table {
  const [given, taken] = [typeOf('outputs', from), typeOf('inputs', to)];
  const type = given === taken ? given : undefined;
  return ordered({ from: portTable(from), to: portTable(to), type, ...options }, edgeFields);
}

function boundaryTable({ name, at, ...options }: BoundaryEntry, type: string | undefined): Table {
  return ordered({ name, at: portTable(at), type, ...options }, boundaryFields);
}

function portTable(at: PortName): Table {
  return ordered(at, portFields);
}

/** A copy with the keys of its kind first, in their order; keys without a value are left out. */
function ordered(entry: object, fields: Readonly<Record<string, Shape>>): Table {
  const known = Object.keys(fields).filter((key) => Object.hasOwn(entry, key));
  const others = Object.keys(entry).filter((key) => !Object.hasOwn(fields, key));
  const value = (key: string): unknown => (entry as Table)[key];
  return Object.fromEntries(
    [...known, ...others].filter((key) => value(key) !== undefined).map((key) => [key, value(key)]),
  );
}

/** The name in a reference to a runner, event or latch; names and anything else as they are. */
function nameOf(ref: unknown): unknown {
  return isTable(ref) ? (ref['runner'] ?? ref['event'] ?? ref['latch']) : ref;
}

function namesOf(refs: unknown): unknown {
  if (!isTable(refs)) return refs;
  return Object.fromEntries(Object.entries(refs).map(([local, ref]) => [local, nameOf(ref)]));
}
