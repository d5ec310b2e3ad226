import { getBezierPath } from '@xyflow/react';
import type { EdgeProps } from '@xyflow/react';
import type { ReactElement } from 'react';
import { droppedOf, droppedPerSecond, sentPerSecond } from '../../../model/activity.ts';
import { edgeFigure } from '../../../model/figures.ts';
import type { Point } from '../../../model/layered.ts';
import type { Model } from '../../../model/model.ts';
import { shortText } from '../../../model/numbers.ts';
import type { Link } from '../../../model/picture.ts';
import { useModel } from '../../page.tsx';
import { useGraphStand } from './stand.ts';

/** What a line says; it is drawn anew only when this changes. */
interface LinkFace {
  readonly width: number;
  readonly label: string;
  readonly isFull: boolean;
  /** Of all that was sent so far; empty where nothing was. */
  readonly dropped: string;
  readonly isDropping: boolean;
}

const fullFrom = 0.9;
const widthMax = 7;

function linkFaceOf({ figures }: Model, { edges }: Link): LinkFace {
  if (figures === undefined) return { width: 1, label: '', isFull: false, dropped: '', isDropping: false };
  let rate = 0;
  let dropped = 0;
  let dropRate = 0;
  let fill = 0;
  for (const edge of edges) {
    const capacity = edgeFigure(figures.now, edge, 'capacity');
    if (capacity > 0) fill = Math.max(fill, edgeFigure(figures.now, edge, 'depth') / capacity);
    rate += sentPerSecond(figures, edge);
    dropped += droppedOf(figures.now, edge);
    dropRate += droppedPerSecond(figures, edge);
  }
  const [edge = 0] = edges;
  const depth = edgeFigure(figures.now, edge, 'depth');
  const capacity = edgeFigure(figures.now, edge, 'capacity');
  return {
    // A line of ten times the rate is one pixel wider: rates differ by many orders.
    width: Math.round(2 * Math.min(widthMax, 1 + Math.log10(1 + rate))) / 2,
    label: edges.length > 1 ? `${edges.length} edges` : `${shortText(depth)} / ${shortText(capacity)}`,
    isFull: fill >= fullFrom,
    dropped: dropped === 0 ? '' : shortText(dropped),
    isDropping: dropRate > 0,
  };
}

function isSameLinkFace(one: LinkFace, other: LinkFace): boolean {
  return (
    one.width === other.width &&
    one.label === other.label &&
    one.isFull === other.isFull &&
    one.dropped === other.dropped &&
    one.isDropping === other.isDropping
  );
}

export interface LinkData extends Record<string, unknown> {
  readonly link: Link;
  readonly way: readonly Point[] | undefined;
  readonly isFused: boolean;
}

export function LinkEdge(props: EdgeProps & { readonly data?: LinkData }): ReactElement {
  const { data } = props;
  if (data === undefined) return <g />;
  return <LinkLine {...props} data={data} />;
}

function LinkLine({ data, ...ends }: EdgeProps & { readonly data: LinkData }): ReactElement {
  const { link, way, isFused } = data;
  const face = useModel((model) => linkFaceOf(model, link), isSameLinkFace);
  const { chosenEdge, chooseEdge } = useGraphStand();
  const [edge] = link.edges;
  const isSingle = link.edges.length === 1 && edge !== undefined;
  const [path, x, y] = way === undefined || way.length < 2 ? curve(ends, link.back) : corners(way);
  return (
    <g
      className="link"
      data-link={link.id}
      data-back={link.back || undefined}
      data-full={face.isFull || undefined}
      data-chosen={(isSingle && chosenEdge === edge) || undefined}
      onClick={() => isSingle && chooseEdge(edge)}
    >
      <path className="link-hit" d={path} />
      <path
        className="link-line"
        d={path}
        strokeWidth={face.width}
        markerEnd={marker(face.isFull, isFused)}
      />
      <text x={x} y={y - 4} textAnchor="middle">
        {face.label}
        {face.dropped === '' ? undefined : (
          <tspan className="link-drops" data-now={face.isDropping || undefined}>
            {`  ▾${face.dropped} dropped`}
          </tspan>
        )}
      </text>
    </g>
  );
}

function marker(isFull: boolean, isFused: boolean): string {
  return `url(#arrow-${isFused ? 'fused' : 'ring'}${isFull ? '-full' : ''})`;
}

type Drawn = readonly [path: string, x: number, y: number];
type Ends = Pick<
  EdgeProps,
  'sourceX' | 'sourceY' | 'targetX' | 'targetY' | 'sourcePosition' | 'targetPosition'
>;

function curve(ends: Ends, isBack: boolean): Drawn {
  const { sourceX, sourceY, targetX, targetY } = ends;
  if (!isBack) {
    const [path, x, y] = getBezierPath(ends);
    return [path, x, y];
  }
  // Back links go below everything between their ends.
  const low = Math.max(sourceY, targetY) + 56;
  const path =
    `M${sourceX},${sourceY} C${sourceX + 60},${sourceY} ${sourceX + 40},${low} ${sourceX - 20},${low} ` +
    `L${targetX + 20},${low} C${targetX - 40},${low} ${targetX - 60},${targetY} ${targetX},${targetY}`;
  return [path, (sourceX + targetX) / 2, low];
}

const bend = 6;

/** Straight pieces with rounded corners; the label stands on the longest level one. */
function corners(way: readonly Point[]): Drawn {
  let path = '';
  let longest = -1;
  let at: Point = way[0] ?? { x: 0, y: 0 };
  for (const [index, point] of way.entries()) {
    const before = way[index - 1];
    const after = way[index + 1];
    if (before === undefined) {
      path += `M${point.x},${point.y}`;
      continue;
    }
    const length = Math.abs(point.x - before.x);
    if (before.y === point.y && length > longest) {
      longest = length;
      at = { x: (point.x + before.x) / 2, y: point.y };
    }
    if (after === undefined) {
      path += `L${point.x},${point.y}`;
      continue;
    }
    const [into, out] = [towards(point, before), towards(point, after)];
    path += `L${into.x},${into.y}Q${point.x},${point.y} ${out.x},${out.y}`;
  }
  return [path, at.x, at.y];
}

function towards(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const part = length === 0 ? 0 : Math.min(bend, length / 2) / length;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}
