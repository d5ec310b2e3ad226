import type { Problems } from './problems.ts';
import type { ResolvedEdge } from './edges.ts';
import {
  arenaBytes,
  arenaBytesMax,
  edgesPerPortMax,
  hasOwnRing,
  isLossyByReader,
  isFrameRingTooLarge,
  isMessageRingTooLarge,
  primaryCapacity,
  ringSlots,
} from './sizes.ts';
import type { ResolvedStage } from './stages.ts';
import type { EdgeEnd, GraphDeclaration, PortName } from './types.ts';

/**
 * Checks what only shows when all edges are seen together: inputs nobody feeds, outputs nobody reads, edges
 * that one port has too many of, room for what one call emits, and the size of the rings that follow.
 */
export function checkConnectivity(
  problems: Problems,
  declaration: GraphDeclaration,
  stages: readonly ResolvedStage[],
  edges: readonly ResolvedEdge[],
): void {
  // A port that a wrong edge names is meant to be connected, so it is not reported a second time.
  const fed = new Set([
    ...declaration.edges.map(({ to }) => key(to)),
    ...declaration.inputs.map(({ at }) => key(at)),
  ]);
  const read = new Set([
    ...declaration.edges.map(({ from }) => key(from)),
    ...declaration.outputs.map(({ at }) => key(at)),
    ...(declaration.terminators ?? []).map(key),
  ]);
  const outgoing = edgesByOutput(stages, edges);
  for (const { name: stage, inputs, outputs } of stages) {
    for (const [port, type] of inputs ?? []) {
      if (type === undefined || type.optional || fed.has(key({ stage, port }))) continue;
      const remedy = 'Connect an output to it, open it with graph.input, or declare the port `optional`.';
      problems.error('UNCONNECTED_INPUT', { stage, port }, `nothing is connected to input '${port}'`, remedy);
    }
    for (const [port, type] of outputs ?? []) {
      if (type === undefined) continue;
      if (!read.has(key({ stage, port }))) {
        const remedy = 'Connect it, or graph.output or graph.terminate it.';
        problems.warn('UNREAD_OUTPUT', { stage, port }, `nobody reads output '${port}'`, remedy);
      }
      checkOutput(problems, { stage, port }, type, outgoing.get(key({ stage, port })) ?? []);
    }
  }
  for (const edge of edges) if (edge.from.kind === 'boundary') checkBoundaryInput(problems, stages, edge);
  checkDuplicates(problems, declaration);
}

function edgesByOutput(
  stages: readonly ResolvedStage[],
  edges: readonly ResolvedEdge[],
): ReadonlyMap<string, readonly ResolvedEdge[]> {
  const outgoing = new Map<string, ResolvedEdge[]>();
  for (const edge of edges) {
    const from = place(stages, edge.from);
    if (from === undefined) continue;
    const known = outgoing.get(key(from));
    if (known === undefined) outgoing.set(key(from), [edge]);
    else known.push(edge);
  }
  return outgoing;
}

function checkOutput(
  problems: Problems,
  at: PortName,
  port: ResolvedEdge['port'],
  edges: readonly ResolvedEdge[],
): void {
  const { maxEmit } = port;
  if (edges.length > edgesPerPortMax) {
    const message = `${edges.length} edges leave output '${at.port}', at most ${edgesPerPortMax} may`;
    problems.error(
      'TOO_MANY_EDGES',
      at,
      message,
      'Put relay stages behind it and let each feed a part of the readers.',
    );
  }
  const small = edges.filter((edge) => edge.overflow === 'block' && edge.capacity < maxEmit);
  if (small.length > 0) {
    const capacities = small.map((edge) => edge.capacity).join(', ');
    const message = `maxEmit is ${maxEmit}, more messages than a blocking edge holds (${capacities})`;
    const remedy = `Raise the capacity of the edge to ${maxEmit} or more, or lower maxEmit of the port.`;
    problems.error('MAX_EMIT_BEYOND_CAPACITY', at, message, remedy);
  }
  if (port.kind === 'message') {
    for (const edge of edges) checkMessageRing(problems, at, port, edge);
    return;
  }
  const shared = edges.filter((edge) => !hasOwnRing(edge.overflow));
  const capacity = primaryCapacity(
    shared.map((edge) => edge.capacity),
    maxEmit,
  );
  const isLossy = shared.some((edge) => isLossyByReader(edge.overflow));
  checkFrameRing(problems, at, port, ringSlots(capacity, isLossy, maxEmit));
  for (const edge of edges) {
    if (hasOwnRing(edge.overflow))
      checkFrameRing(problems, at, port, ringSlots(edge.capacity, false, maxEmit));
  }
}

function checkBoundaryInput(problems: Problems, stages: readonly ResolvedStage[], edge: ResolvedEdge): void {
  const at = place(stages, edge.to);
  if (at === undefined) return;
  if (edge.port.kind === 'message') {
    checkMessageRing(problems, at, { ...edge.port, maxEmit: 1 }, edge);
  } else {
    checkFrameRing(problems, at, edge.port, ringSlots(edge.capacity, isLossyByReader(edge.overflow), 1));
  }
}

function checkFrameRing(
  problems: Problems,
  at: PortName,
  port: Extract<ResolvedEdge['port'], { kind: 'frame' }>,
  slots: number,
): void {
  if (!isFrameRingTooLarge(port, slots)) return;
  const message = `its ring would have ${slots} slots of ${port.dtype} [${port.shape.join(', ')}]`;
  problems.error(
    'RING_TOO_LARGE',
    at,
    message,
    'Lower the capacity of its edges or the size of its frames: 2 GiB at most.',
  );
}

function checkMessageRing(
  problems: Problems,
  at: PortName,
  port: Extract<ResolvedEdge['port'], { kind: 'message' }>,
  edge: ResolvedEdge,
): void {
  const { maxEmit, maxBytes } = port;
  const slots = ringSlots(edge.capacity, isLossyByReader(edge.overflow), maxEmit);
  if (!isMessageRingTooLarge(slots, arenaBytes(edge.capacity, maxEmit, maxBytes))) return;
  const message = `its ring would have ${slots} slots for messages of up to ${maxBytes} bytes`;
  problems.error(
    'RING_TOO_LARGE',
    at,
    message,
    `Lower capacity, maxEmit or maxBytes: ${arenaBytesMax} bytes at most.`,
  );
}

function checkDuplicates(problems: Problems, { edges }: GraphDeclaration): void {
  const seen = new Set<string>();
  for (const { from, to } of edges) {
    const pair = `${key(from)}\n${key(to)}`;
    if (seen.has(pair)) {
      const message = `two edges lead to ${to.stage}.${to.port}, which gets every message twice`;
      problems.warn('DUPLICATE_EDGE', from, message, 'Remove one of the two edges.');
    }
    seen.add(pair);
  }
}

function place(stages: readonly ResolvedStage[], end: EdgeEnd): PortName | undefined {
  const stage = end.kind === 'actor' ? stages[end.actor]?.name : undefined;
  return stage === undefined || end.kind !== 'actor' ? undefined : { stage, port: end.port };
}

function key({ stage, port }: PortName): string {
  return `${stage}\n${port}`;
}
