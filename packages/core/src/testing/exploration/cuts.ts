import type { BoundaryEntry, EdgeEntry, GraphDeclaration, PortName } from '../../plan/types.ts';

/**
 * What is left out of a graph, as text. `drop:stage`: with every stage that gets nothing any more.
 * `bypass:stage`: what came to it goes where it sent to. `edge:stage:port>stage:port`, `input:port`,
 * `output:port`.
 */
export type Cut = string;

/** Every cut that a graph has, the large ones first. */
export function cutsOf(declaration: GraphDeclaration): readonly Cut[] {
  const { stages, edges, inputs, outputs } = declaration;
  return [
    ...stages.map(({ name }) => `drop:${name}`),
    ...stages.map(({ name }) => `bypass:${name}`),
    ...edges.map(({ from, to }) => `edge:${from.stage}:${from.port}>${to.stage}:${to.port}`),
    ...outputs.map(({ name }) => `output:${name}`),
    ...inputs.map(({ name }) => `input:${name}`),
  ];
}

/** The graph without something; `undefined` where it has no such thing. It may be one that cannot run. */
export function cut(before: GraphDeclaration, text: Cut): GraphDeclaration | undefined {
  const [, kind, what = ''] = /^(\w+):(.+)$/.exec(text) ?? [];
  let after: GraphDeclaration | undefined;
  if (kind === 'drop') after = dropped(before, what);
  else if (kind === 'bypass') after = bypassed(before, what);
  else if (kind === 'edge') {
    const isIt = ({ from, to }: EdgeEntry): boolean =>
      what === `${from.stage}:${from.port}>${to.stage}:${to.port}`;
    after = { ...before, edges: before.edges.filter((edge) => !isIt(edge)) };
  } else if (kind === 'output' || kind === 'input') {
    const without = (ports: readonly BoundaryEntry[]): readonly BoundaryEntry[] =>
      ports.filter(({ name }) => name !== what);
    after = { ...before, [`${kind}s`]: without(before[`${kind}s`]) };
  }
  if (after === undefined || sizeOf(after) >= sizeOf(before)) return undefined;
  return terminated(before, after);
}

/** How much there is of a graph. */
export function sizeOf({ stages, edges, inputs, outputs }: GraphDeclaration): number {
  return stages.length * 1_000 + edges.length + inputs.length + outputs.length;
}

function without(declaration: GraphDeclaration, gone: ReadonlySet<string>): GraphDeclaration {
  const isLeft = ({ stage }: PortName): boolean => !gone.has(stage);
  return {
    ...declaration,
    stages: declaration.stages.filter(({ name }) => !gone.has(name)),
    edges: declaration.edges.filter(({ from, to }) => isLeft(from) && isLeft(to)),
    inputs: declaration.inputs.filter(({ at }) => isLeft(at)),
    outputs: declaration.outputs.filter(({ at }) => isLeft(at)),
    terminators: (declaration.terminators ?? []).filter(isLeft),
  };
}

/** Without a stage, and without those that have an input which nothing feeds then. */
function dropped(before: GraphDeclaration, name: string): GraphDeclaration {
  const gone = new Set([name]);
  const isFed = ({ stage, port }: PortName): boolean =>
    before.inputs.some(({ at }) => at.stage === stage && at.port === port) ||
    before.edges.some(
      ({ from, to, back }) =>
        to.stage === stage && to.port === port && back !== true && !gone.has(from.stage),
    );
  for (let count = 0; count < gone.size;) {
    count = gone.size;
    for (const { from, to } of before.edges) if (gone.has(from.stage) && !isFed(to)) gone.add(to.stage);
  }
  return without(before, gone);
}

/** Without a stage that has inputs: each of its writers is connected to each of its readers. */
function bypassed(before: GraphDeclaration, name: string): GraphDeclaration | undefined {
  const rest = without(before, new Set([name]));
  const into = before.edges.filter(({ from, to }) => to.stage === name && from.stage !== name);
  const outOf = before.edges.filter(({ from, to }) => from.stage === name && to.stage !== name);
  const pushed = before.inputs.filter(({ at }) => at.stage === name);
  const pulled = before.outputs.filter(({ at }) => at.stage === name);
  if (into.length === 0 && pushed.length === 0) return undefined;
  const joined = into.flatMap(({ from }) => outOf.map((edge) => ({ ...edge, from })));
  const [reader] = outOf;
  const [writer] = into;
  return {
    ...rest,
    edges: [...rest.edges, ...joined.filter((edge) => !rest.edges.some((other) => isSame(edge, other)))],
    inputs: [...rest.inputs, ...(reader ? pushed.map((port) => ({ ...port, at: reader.to })) : [])],
    outputs: [...rest.outputs, ...(writer ? pulled.map((port) => ({ ...port, at: writer.from })) : [])],
  };
}

function isSame(one: EdgeEntry, other: EdgeEntry): boolean {
  return isAt(one.from, other.from) && isAt(one.to, other.to);
}

function isAt(one: PortName, other: PortName): boolean {
  return one.stage === other.stage && one.port === other.port;
}

/** Outputs that have lost their last reader are left unread on purpose. */
function terminated(before: GraphDeclaration, after: GraphDeclaration): GraphDeclaration {
  const readOf = ({ edges, outputs, terminators = [] }: GraphDeclaration): readonly PortName[] => [
    ...edges.map(({ from }) => from),
    ...outputs.map(({ at }) => at),
    ...terminators,
  ];
  const isRead = readOf(after);
  const unread: PortName[] = [];
  for (const at of readOf(before)) {
    const isLeft = after.stages.some(({ name }) => name === at.stage);
    if (isLeft && ![...isRead, ...unread].some((other) => isAt(at, other))) unread.push(at);
  }
  return { ...after, terminators: [...(after.terminators ?? []), ...unread] };
}
