/** A graph to be laid out, from left to right. Ids are those of a picture. */
export interface LayoutTask {
  readonly nodes: readonly LayoutNode[];
  readonly links: readonly LayoutLink[];
  readonly frames: readonly LayoutFrame[];
  /** Frames side by side as elk likes it, or each a lane from left to right, one below the other. */
  readonly isInLanes: boolean;
}

export interface LayoutNode {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** The frame that it lies in, if it lies in one. */
  readonly frame: string | undefined;
}

export interface LayoutLink {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly back: boolean;
}

export interface LayoutFrame {
  readonly id: string;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  /** Of nodes and frames. */
  readonly boxes: ReadonlyMap<string, Box>;
  /** The way of a link, corner by corner, where the layout has found one. */
  readonly ways: ReadonlyMap<string, readonly Point[]>;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export const gap = { column: 68, row: 24, frame: 28, title: 28, inset: 14 } as const;

/**
 * A plain layout: each node in the column after the last of those before it, in rows near their neighbours.
 * For where there is no better one.
 */
export function layered(task: LayoutTask): Layout {
  return inColumns(task, columnsOf(task));
}

/** Lanes from any layout: its columns stay, each frame becomes a band of its own. */
export function inLanes(task: LayoutTask, layout: Layout): Layout {
  return inColumns(task, columnsIn(task, layout));
}

type Columns = ReadonlyMap<string, { readonly column: number; readonly order: number }>;

/** The column of a node: the length of the longest path to it, back edges apart. */
function columnsOf({ nodes, links }: LayoutTask): Columns {
  const next = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  const before = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  const open = new Map<string, number>(nodes.map(({ id }) => [id, 0]));
  for (const { from, to, back } of links) {
    if (back || from === to || !next.has(from) || !next.has(to)) continue;
    next.get(from)?.push(to);
    before.get(to)?.push(from);
    open.set(to, (open.get(to) ?? 0) + 1);
  }
  const column = new Map<string, number>();
  const ready = nodes.filter(({ id }) => open.get(id) === 0).map(({ id }) => id);
  const rest = new Set(nodes.map(({ id }) => id));
  while (rest.size > 0) {
    // Groups may stand in a circle: then any of them is first.
    const id = ready.pop() ?? rest.values().next().value;
    if (id === undefined || !rest.delete(id)) continue;
    column.set(id, Math.max(0, ...(before.get(id) ?? []).map((each) => (column.get(each) ?? -1) + 1)));
    for (const each of next.get(id) ?? []) {
      open.set(each, (open.get(each) ?? 0) - 1);
      if (open.get(each) === 0) ready.push(each);
    }
  }
  return ordered(nodes, column, before);
}

/** In each column, nodes stand as high as what they come from. */
function ordered(
  nodes: readonly LayoutNode[],
  column: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, readonly string[]>,
): Columns {
  const placed = new Map<string, { readonly column: number; readonly order: number }>();
  const inOrder = nodes.toSorted((a, b) => (column.get(a.id) ?? 0) - (column.get(b.id) ?? 0));
  for (const [at, { id }] of inOrder.entries()) {
    const known = (before.get(id) ?? []).flatMap((each) => placed.get(each)?.order ?? []);
    const mean = known.length === 0 ? at : known.reduce((sum, each) => sum + each, 0) / known.length;
    placed.set(id, { column: column.get(id) ?? 0, order: mean + at / 1e6 });
  }
  return placed;
}

/** The columns that a layout has: nodes whose middles lie close together share one. */
function columnsIn({ nodes }: LayoutTask, { boxes }: Layout): Columns {
  const middles = nodes
    .map(({ id, width }) => ({ id, y: boxes.get(id)?.y ?? 0, x: (boxes.get(id)?.x ?? 0) + width / 2 }))
    .toSorted((a, b) => a.x - b.x);
  const columns = new Map<string, { readonly column: number; readonly order: number }>();
  let column = -1;
  let last = Number.NEGATIVE_INFINITY;
  for (const { id, x, y } of middles) {
    if (x - last > gap.column) {
      column += 1;
      last = x;
    }
    columns.set(id, { column, order: y });
  }
  return columns;
}

function inColumns(task: LayoutTask, columns: Columns): Layout {
  const boxes = new Map<string, Box>();
  const lefts = leftsOf(task.nodes, columns);
  const bands = task.frames.length === 0 ? [undefined] : [...task.frames.map(({ id }) => id), undefined];
  let top = 0;
  for (const band of bands) {
    const nodes = task.nodes.filter(({ frame }) => frame === band);
    if (nodes.length === 0) continue;
    const titled = band === undefined ? 0 : gap.title;
    const bottom = stack(nodes, columns, lefts, top + titled, boxes);
    if (band !== undefined) {
      const { x, width } = task.isInLanes ? extentOf(lefts) : extentIn(nodes, boxes);
      boxes.set(band, { x, y: top, width, height: bottom + gap.inset - top });
    }
    top = bottom + gap.inset + (task.isInLanes ? 0 : gap.frame);
  }
  return { boxes, ways: new Map() };
}

interface Columned {
  readonly left: readonly number[];
  readonly width: readonly number[];
}

function leftsOf(nodes: readonly LayoutNode[], columns: Columns): Columned {
  const width: number[] = [];
  for (const node of nodes) {
    const { column } = columns.get(node.id) ?? { column: 0 };
    width[column] = Math.max(width[column] ?? 0, node.width);
  }
  const left: number[] = [];
  let x = 0;
  for (const [column, each] of Array.from(width, (given) => given ?? 0).entries()) {
    left[column] = x;
    x += each + gap.column;
  }
  return { left, width };
}

/** Puts nodes one below the other in their columns; returns where the lowest ends. */
function stack(
  nodes: readonly LayoutNode[],
  columns: Columns,
  { left, width }: Columned,
  top: number,
  boxes: Map<string, Box>,
): number {
  const bottoms: number[] = [];
  const inOrder = nodes.toSorted((a, b) => (columns.get(a.id)?.order ?? 0) - (columns.get(b.id)?.order ?? 0));
  for (const node of inOrder) {
    const { column } = columns.get(node.id) ?? { column: 0 };
    const y = bottoms[column] ?? top;
    const x = (left[column] ?? 0) + ((width[column] ?? node.width) - node.width) / 2;
    boxes.set(node.id, { x, y, width: node.width, height: node.height });
    bottoms[column] = y + node.height + gap.row;
  }
  return Math.max(...bottoms.filter(() => true)) - gap.row;
}

function extentOf({ left, width }: Columned): { readonly x: number; readonly width: number } {
  const end = (left.at(-1) ?? 0) + (width.at(-1) ?? 0);
  return { x: -gap.inset, width: end + 2 * gap.inset };
}

function extentIn(
  nodes: readonly LayoutNode[],
  boxes: ReadonlyMap<string, Box>,
): { readonly x: number; readonly width: number } {
  const inside = nodes.flatMap(({ id }) => boxes.get(id) ?? []);
  const x = Math.min(...inside.map((box) => box.x)) - gap.inset;
  const end = Math.max(...inside.map((box) => box.x + box.width)) + gap.inset;
  return { x, width: end - x };
}
