import type { Port } from '../ports.ts';
import { portText } from './ports.ts';
import { checkName, isIntegerIn, list, show } from './problems.ts';
import type { Place, Problems } from './problems.ts';
import type { PortTable } from './ports.ts';
import { capacityDefault, capacityMax } from './sizes.ts';
import type { ResolvedStage } from './stages.ts';
import type {
  BoundaryEntry,
  EdgeEnd,
  EdgeEntry,
  EdgeOptions,
  GraphDeclaration,
  Overflow,
  PortName,
} from './types.ts';

/** An edge between ports that exist and agree. */
export interface ResolvedEdge {
  readonly index: number;
  readonly from: EdgeEnd;
  readonly to: EdgeEnd;
  /** The output port; the input port for an edge from the boundary. */
  readonly port: Port;
  readonly capacity: number;
  readonly overflow: Overflow;
  readonly back: boolean;
}

const policies: readonly Overflow[] = ['block', 'latest', 'dropOldest', 'dropNewest', 'error'];

/** Everything that `compile` knows while it looks at the edges. */
interface Context {
  readonly problems: Problems;
  readonly stages: ReadonlyMap<string, ResolvedStage>;
}

/**
 * Checks every edge by itself: declared ones first, then boundary inputs, then boundary outputs. The result
 * is dense (`index` = position) only when there were no errors.
 */
export function resolveEdges(
  problems: Problems,
  declaration: GraphDeclaration,
  stages: ReadonlyMap<string, ResolvedStage>,
): readonly ResolvedEdge[] {
  const context: Context = { problems, stages };
  checkBoundaryNames(problems, 'input', declaration.inputs);
  checkBoundaryNames(problems, 'output', declaration.outputs);
  const candidates = [
    ...declaration.edges.map((entry, i) => resolveEdge(context, entry, i)),
    ...declaration.inputs.map((entry, i) =>
      resolveBoundary(context, 'input', entry, declaration.edges.length + i),
    ),
    ...declaration.outputs.map((entry, i) =>
      resolveBoundary(context, 'output', entry, declaration.edges.length + declaration.inputs.length + i),
    ),
  ];
  return candidates.filter((edge) => edge !== undefined);
}

function checkBoundaryNames(
  problems: Problems,
  side: 'input' | 'output',
  entries: readonly BoundaryEntry[],
): void {
  const count = new Map<string, number>();
  for (const { name, at } of entries) {
    checkName(problems, `boundary ${side}`, name, at);
    count.set(name, (count.get(name) ?? 0) + 1);
  }
  for (const [name, times] of count) {
    if (times === 1) continue;
    const message = `${times} boundary ${side}s are named '${name}'`;
    problems.error('DUPLICATE_BOUNDARY', {}, message, `Give each boundary ${side} a name of its own.`);
  }
}

function resolveEdge(context: Context, entry: EdgeEntry, index: number): ResolvedEdge | undefined {
  const { from, to } = entry;
  const options = resolveOptions(context.problems, entry, from, `edge ${text(from)} → ${text(to)}`);
  const source = findPort(context, 'outputs', from);
  const target = findPort(context, 'inputs', to);
  if (source === undefined || target === undefined) return undefined;
  if (!checkTypes(context.problems, from, source.port, to, target.port) || options === undefined)
    return undefined;
  return {
    index,
    from: { kind: 'actor', actor: source.stage.index, port: from.port },
    to: { kind: 'actor', actor: target.stage.index, port: to.port },
    port: source.port,
    ...options,
  };
}

function resolveBoundary(
  context: Context,
  side: 'input' | 'output',
  entry: BoundaryEntry,
  index: number,
): ResolvedEdge | undefined {
  const { name, at } = entry;
  const options = resolveOptions(
    context.problems,
    { ...entry, back: false },
    at,
    `boundary ${side} '${name}'`,
  );
  const found = findPort(context, side === 'input' ? 'inputs' : 'outputs', at);
  if (found === undefined || options === undefined) return undefined;
  const actor: EdgeEnd = { kind: 'actor', actor: found.stage.index, port: at.port };
  const boundary: EdgeEnd = { kind: 'boundary', name };
  const [from, to] = side === 'input' ? [boundary, actor] : [actor, boundary];
  return { index, from, to, port: found.port, ...options };
}

function resolveOptions(
  problems: Problems,
  options: EdgeOptions,
  place: PortName,
  what: string,
): Required<EdgeOptions> | undefined {
  const { capacity = capacityDefault, overflow = 'block', back = false } = options;
  const isCapacityGood = isIntegerIn(capacity, 1, capacityMax);
  if (!isCapacityGood) {
    const message = `${what} has capacity ${show(capacity)}`;
    problems.error('BAD_CAPACITY', place, message, `Give an integer from 1 to ${capacityMax}.`);
  }
  const isOverflowGood = policies.includes(overflow);
  if (!isOverflowGood) {
    const message = `${what} has overflow ${show(overflow)}`;
    problems.error('BAD_OVERFLOW', place, message, `Use one of ${policies.join(', ')}.`);
  }
  return isCapacityGood && isOverflowGood ? { capacity, overflow, back } : undefined;
}

/**
 * Finds a port; reports an unknown stage or port. Silent where the stage's ports are unknown for another
 * reason.
 */
export function findPort(
  { problems, stages }: Context,
  side: 'inputs' | 'outputs',
  { stage: stageName, port: portName }: PortName,
): { readonly stage: ResolvedStage; readonly port: Port } | undefined {
  const place: Place = { stage: stageName, port: portName };
  const stage = stages.get(stageName);
  if (stage === undefined) {
    const remedy = `Use one of the graph's stages: ${list(stages.keys())}.`;
    problems.error('UNKNOWN_STAGE', place, `there is no stage '${stageName}'`, remedy);
    return undefined;
  }
  const table = stage[side];
  if (table === undefined) return undefined;
  if (!table.has(portName)) {
    const [one, otherSide, other]: [string, PortTable | undefined, string] =
      side === 'inputs' ? ['input', stage.outputs, 'an output'] : ['output', stage.inputs, 'an input'];
    const hint = otherSide?.has(portName) === true ? ` ('${portName}' is ${other})` : '';
    const message = `stage '${stageName}' has no ${one} '${portName}'${hint}`;
    problems.error('UNKNOWN_PORT', place, message, `Its ${side} are: ${list(table.keys())}.`);
    return undefined;
  }
  const port = table.get(portName);
  return port === undefined ? undefined : { stage, port };
}

function checkTypes(problems: Problems, from: PortName, source: Port, to: PortName, target: Port): boolean {
  const message = `${text(from)} is ${portText(source)}, but ${text(to)} is ${portText(target)}`;
  if (
    source.kind !== target.kind ||
    (source.kind === 'frame' && source.dtype !== (target as typeof source).dtype)
  ) {
    const remedy = 'Connect ports of one type, or put a stage between them that converts.';
    problems.error('TYPE_MISMATCH', to, message, remedy);
    return false;
  }
  if (source.kind === 'frame' && target.kind === 'frame' && !isSameShape(source.shape, target.shape)) {
    const remedy = 'Connect ports of one shape, or put a stage between them that reshapes.';
    problems.error('SHAPE_MISMATCH', to, message, remedy);
    return false;
  }
  return true;
}

function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

function text({ stage, port }: PortName): string {
  return `${stage}.${port}`;
}
