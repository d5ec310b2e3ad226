import type { ReactElement } from 'react';
import { droppedOf, droppedPerSecond, sentPerSecond } from '../../../model/activity.ts';
import { edgeFigure } from '../../../model/figures.ts';
import type { Line } from '../../../model/lines.ts';
import type { Model } from '../../../model/model.ts';
import { countText, shortText } from '../../../model/numbers.ts';
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
    label: edges.length > 1 ? `${edges.length} edges` : `${countText(depth)} / ${countText(capacity)}`,
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
  readonly line: Line;
  readonly isFused: boolean;
}

export function LinkEdge({ data }: { readonly data: LinkData }): ReactElement {
  const { link, line, isFused } = data;
  const face = useModel((model) => linkFaceOf(model, link), isSameLinkFace);
  const { chosenEdge, chooseEdge } = useGraphStand();
  const [edge] = link.edges;
  const isSingle = link.edges.length === 1 && edge !== undefined;
  const { path, label } = line;
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
      <text x={label.x} y={label.y} textAnchor="middle">
        {face.label}
        {face.dropped === '' ? undefined : (
          <tspan className="link-drops" data-now={face.isDropping || undefined} x={label.x} dy="20">
            ▾ {face.dropped}
          </tspan>
        )}
      </text>
    </g>
  );
}

function marker(isFull: boolean, isFused: boolean): string {
  return `url(#arrow-${isFused ? 'fused' : 'ring'}${isFull ? '-full' : ''})`;
}
