import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { Box, Layout, LayoutTask, Point } from '../../model/layered.ts';
import { gap, inLanes, layered } from '../../model/layered.ts';
import type { Line } from '../../model/lines.ts';
import { linesOf } from '../../model/lines.ts';
import { layoutByElk } from './elk.ts';

const deadlineMs = 3_000;

export interface GraphLayout {
  readonly lines: ReadonlyMap<string, Line>;
  readonly layout: Layout;
  /** The engine was too slow, or failed: this is the simple layout. */
  readonly isSimple: boolean;
}

/** Places for nodes and frames, and ways for links where frames are not lanes. */
export async function layoutGraph(task: LayoutTask): Promise<GraphLayout> {
  const start = performance.now();
  const laidOut = await layoutByElk(elkGraph(task), deadlineMs);
  const layout = laidOut === undefined ? layered(task) : fromElk(task, laidOut);
  const lines = linesOf(task, layout);
  // For whoever measures the page: a browser keeps it in its timeline.
  performance.measure('layout', { start });
  return { layout, lines, isSimple: laidOut === undefined };
}

const shared = {
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.spacing.nodeNode': String(gap.row),
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '10',
  'elk.layered.spacing.nodeNodeBetweenLayers': String(gap.column),
  'elk.layered.spacing.edgeNodeBetweenLayers': '20',
};
const { title, inset } = gap;
const padding = `[top=${title + inset},left=${inset},bottom=${inset},right=${inset}]`;
/** Of lanes, only columns and the order in them are used. */
const rough = { 'elk.edgeRouting': 'POLYLINE', 'elk.layered.nodePlacement.strategy': 'SIMPLE' };
const fine = {
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
};

function fromElk(task: LayoutTask, laidOut: ElkNode): Layout {
  const layout = readLayout(task, laidOut);
  return task.isInLanes ? inLanes(task, layout) : layout;
}

function elkGraph(task: LayoutTask): ElkNode {
  const framed = !task.isInLanes && task.frames.length > 0;
  const nodesIn = (frame: string | undefined): ElkNode[] =>
    task.nodes
      .filter((node) => !framed || node.frame === frame)
      .map(({ id, width, height }) => ({ id, width, height }));
  const frames: ElkNode[] = task.frames.map(({ id }) => ({
    id,
    children: nodesIn(id),
    layoutOptions: {
      ...shared,
      'elk.padding': padding,
    },
  }));
  return {
    id: 'graph',
    layoutOptions: {
      ...shared,
      ...(task.isInLanes ? rough : fine),
      ...(framed ? { 'elk.hierarchyHandling': 'INCLUDE_CHILDREN' } : {}),
    },
    children: [...(framed ? frames : []), ...nodesIn(undefined)],
    edges: task.links.map(({ id, from, to, back }) =>
      back ? { id, sources: [to], targets: [from] } : { id, sources: [from], targets: [to] },
    ),
  };
}

function readLayout(task: LayoutTask, root: ElkNode): Layout {
  const boxes = new Map<string, Box>();
  const read = (node: ElkNode, left: number, top: number): void => {
    for (const child of node.children ?? []) {
      const { width = 0, height = 0 } = child;
      const x = left + (child.x ?? 0);
      const y = top + (child.y ?? 0);
      boxes.set(child.id, { x, y, width, height });
      read(child, x, y);
    }
  };
  read(root, 0, 0);
  const ways = new Map((root.edges ?? []).flatMap((edge) => wayOf(edge, boxes)));
  // Back links were laid out from left to right, too.
  for (const { id, back } of task.links) if (back) ways.set(id, (ways.get(id) ?? []).toReversed());
  return { boxes, ways };
}

/** Corners count from the frame that both ends lie in. */
function wayOf(edge: ElkExtendedEdge, boxes: ReadonlyMap<string, Box>): [string, readonly Point[]][] {
  const [section] = edge.sections ?? [];
  if (section === undefined) return [];
  const { container } = edge as { readonly container?: string };
  const { x = 0, y = 0 } = (container === undefined ? undefined : boxes.get(container)) ?? {};
  const corners = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
  return [[edge.id, corners.map((corner) => ({ x: corner.x + x, y: corner.y + y }))]];
}
