import type { Box, Layout, LayoutLink, LayoutTask, Point } from './layered.ts';
import { gap } from './layered.ts';

/** How a link is drawn: an SVG path, the head that it ends in, and the middle of its label. */
export interface Line {
  readonly path: string;
  readonly head: Head;
  readonly label: Point;
}

/** Where an arrow's tip is, and the way that it points, in radians. */
export interface Head extends Point {
  readonly angle: number;
}

/** Room that a label takes. */
const labelSize = { width: 58, height: 14 } as const;
/** Where a label may stand along its line, the best place first. */
const places = [0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74, 0.2, 0.8, 0.14, 0.86] as const;
const bend = 8;
/** A path ends where its head begins, so that a wide line does not stick out beside the tip. */
export const headLength = 8;
/** Lines side by side in the gap between two rows. */
const tracks = 3;

/** The lines of all links; labels keep out of each other's way, and of the nodes', where they can. */
export function linesOf(task: LayoutTask, layout: Layout): ReadonlyMap<string, Line> {
  const taken: Box[] = task.nodes.flatMap(({ id }) => layout.boxes.get(id) ?? []);
  const drawn = task.links.flatMap((link, index) => {
    const points = wayOf(task, layout, link, index % tracks);
    if (points === undefined) return [];
    const head = headOf(points);
    const [path, at] = points.length === 4 && points.isCurve ? curve(points, head) : corners(points, head);
    return [{ id: link.id, path, head, at, room: roomOf(at) }];
  });
  const labels = new Map<string, Point>();
  // Where there is little room to choose from, one chooses first.
  for (const { id, at } of drawn.toSorted((one, other) => one.room - other.room)) {
    const label = free(at, taken);
    taken.push({ x: label.x - labelSize.width / 2, y: label.y - labelSize.height, ...labelSize });
    labels.set(id, label);
  }
  return new Map(
    drawn.map(({ id, path, head, at }) => [id, { path, head, label: labels.get(id) ?? at(0.5) }]),
  );
}

/** Ways have two points at least. */
function headOf(way: Way): Head {
  const [before, tip] = way.slice(-2) as [Point, Point];
  return { ...tip, angle: Math.atan2(tip.y - before.y, tip.x - before.x) };
}

/** Where the head that ends a way begins. */
function neckOf({ x, y, angle }: Head, before: Point): Point {
  const length = Math.min(headLength - 1, Math.hypot(x - before.x, y - before.y) / 2);
  return { x: x - length * Math.cos(angle), y: y - length * Math.sin(angle) };
}

type Way = readonly Point[] & { readonly isCurve?: boolean };
type Along = (part: number) => Point;

/** In how many places, about, labels could stand along it. */
function roomOf(at: Along): number {
  const [first, last] = [at(Math.min(...places)), at(Math.max(...places))];
  return Math.abs(last.x - first.x) / labelSize.width + Math.abs(last.y - first.y) / labelSize.height;
}

function free(at: Along, taken: readonly Box[]): Point {
  let best: { readonly point: Point; readonly overlap: number } | undefined;
  for (const place of places) {
    const { x, y } = at(place);
    const point = { x, y: y - 4 };
    const box = { x: point.x - labelSize.width / 2, y: point.y - labelSize.height, ...labelSize };
    const overlap = taken.reduce((sum, other) => sum + overlapOf(box, other), 0);
    if (best === undefined || overlap < best.overlap) best = { point, overlap };
    if (overlap === 0) break;
  }
  return best?.point ?? at(0.5);
}

function overlapOf(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Corner by corner; or a curve: its ends, and where it is drawn to. */
function wayOf(task: LayoutTask, layout: Layout, link: LayoutLink, track: number): Way | undefined {
  const found = layout.ways.get(link.id);
  if (found !== undefined && found.length > 1) return found;
  const from = layout.boxes.get(link.from);
  const to = layout.boxes.get(link.to);
  if (from === undefined || to === undefined) return undefined;
  const start = { x: from.x + from.width, y: from.y + from.height / 2 };
  const end = { x: to.x, y: to.y + to.height / 2 };
  if (link.back || end.x <= start.x)
    return around(start, end, Math.max(from.y + from.height, to.y + to.height));
  if (isCovered(task, layout, start, end)) return over(start, end, to.y - 7 - 5 * track);
  const middle = Math.max(24, (end.x - start.x) / 2);
  const way = [start, { x: start.x + middle, y: start.y }, { x: end.x - middle, y: end.y }, end];
  return Object.assign(way, { isCurve: true });
}

/** Whether a node lies between two points that are more than a column apart. */
function isCovered({ nodes }: LayoutTask, { boxes }: Layout, start: Point, end: Point): boolean {
  if (end.x - start.x <= 2 * gap.column) return false;
  return nodes.some(({ id }) => {
    const box = boxes.get(id);
    return box !== undefined && box.x > start.x && box.x + box.width < end.x;
  });
}

/** Below everything between both ends: what goes back. */
function around(start: Point, end: Point, bottom: number): Way {
  const low = bottom + gap.row / 2;
  const out = 14;
  return [
    start,
    { x: start.x + out, y: start.y },
    { x: start.x + out, y: low },
    { x: end.x - out, y: low },
    { x: end.x - out, y: end.y },
    end,
  ];
}

/** Through the gap above the row of the end. */
function over(start: Point, end: Point, high: number): Way {
  const [near, far] = [start.x + 20, end.x - 20];
  return [
    start,
    { x: near, y: start.y },
    { x: near, y: high },
    { x: far, y: high },
    { x: far, y: end.y },
    end,
  ];
}

function curve(way: Way, head: Head): readonly [path: string, at: Along] {
  const [a, b, c, d] = way as readonly [Point, Point, Point, Point];
  const at = (part: number): Point => {
    const rest = 1 - part;
    const mix = (axis: 'x' | 'y'): number =>
      rest ** 3 * a[axis] +
      3 * rest ** 2 * part * b[axis] +
      3 * rest * part ** 2 * c[axis] +
      part ** 3 * d[axis];
    return { x: mix('x'), y: mix('y') };
  };
  const neck = neckOf(head, c);
  return [`M${a.x},${a.y}C${b.x},${b.y} ${c.x},${c.y} ${neck.x},${neck.y}`, at];
}

/** Straight pieces with rounded corners; a label stands on the longest level one. */
function corners(way: Way, head: Head): readonly [path: string, at: Along] {
  let path = '';
  let [from, to]: [Point, Point] = [way[0] ?? { x: 0, y: 0 }, way[1] ?? { x: 0, y: 0 }];
  for (const [index, point] of way.entries()) {
    const before = way[index - 1];
    const after = way[index + 1];
    if (before !== undefined && before.y === point.y) {
      if (Math.abs(point.x - before.x) > Math.abs(to.x - from.x)) [from, to] = [before, point];
    }
    if (before === undefined) {
      path += `M${point.x},${point.y}`;
      continue;
    }
    if (after === undefined) {
      const neck = neckOf(head, before);
      path += `L${neck.x},${neck.y}`;
      continue;
    }
    const [into, out] = [towards(point, before), towards(point, after)];
    path += `L${into.x},${into.y}Q${point.x},${point.y} ${out.x},${out.y}`;
  }
  const at = (part: number): Point => ({
    x: from.x + (to.x - from.x) * part,
    y: from.y + (to.y - from.y) * part,
  });
  return [path, at];
}

function towards(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const part = length === 0 ? 0 : Math.min(bend, length / 2) / length;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}
