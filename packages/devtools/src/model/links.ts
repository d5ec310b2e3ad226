import type { GraphWire } from '@troupe/core/telemetry';
import { droppedOf, droppedPerSecond, sentPerSecond } from './activity.ts';
import { edgeFigure } from './figures.ts';
import type { Model } from './model.ts';
import { countText, short, shortText } from './numbers.ts';
import type { Link, Picture } from './picture.ts';
import { titleOf } from './picture.ts';
import { edgeName } from './topology.ts';

/** What a line shows; it is drawn anew only when this changes. */
export interface LinkFace {
  /** In pixels. */
  readonly width: number;
  readonly label: string;
  readonly isFull: boolean;
  /** Of all that was sent so far; empty where nothing was. */
  readonly dropped: string;
  readonly isDropping: boolean;
}

interface Load {
  readonly rate: number;
  readonly dropped: number;
  readonly dropRate: number;
  /** Of the fullest edge, from 0 to 1. */
  readonly fill: number;
}

const fullFrom = 0.9;
const widthMax = 7;
const unknown: LinkFace = { width: 1, label: '', isFull: false, dropped: '', isDropping: false };

export function linkFaceOf(model: Model, link: Link): LinkFace {
  const { figures } = model;
  const { edges } = link;
  if (figures === undefined) return unknown;
  const { rate, dropped, dropRate, fill } = loadOf(figures, edges);
  return {
    // A line of ten times the rate is one pixel wider: rates differ by many orders.
    width: Math.round(2 * Math.min(widthMax, 1 + Math.log10(1 + rate))) / 2,
    label: edges.length > 1 ? `${edges.length} edges` : waitingOf(figures, edges),
    isFull: fill >= fullFrom,
    dropped: dropped === 0 ? '' : shortText(dropped),
    isDropping: dropRate > 0,
  };
}

type Figures = NonNullable<Model['figures']>;

function loadOf(figures: Figures, edges: readonly number[]): Load {
  let rate = 0;
  let dropped = 0;
  let dropRate = 0;
  let fill = 0;
  for (const edge of edges) {
    const capacity = edgeFigure(figures.now, edge, 'capacity');
    if (capacity > 0) fill = Math.max(fill, edgeFigure(figures.now, edge, 'depth') / capacity);
    rate += sentPerSecond(figures, edge);
    const droppedHere = droppedOf(figures.now, edge);
    // One that never dropped does not drop now.
    if (droppedHere > 0) dropRate += droppedPerSecond(figures, edge);
    dropped += droppedHere;
  }
  return { rate, dropped, dropRate, fill };
}

function waitingOf({ now }: Figures, [edge = 0]: readonly number[]): string {
  return `${countText(edgeFigure(now, edge, 'depth'))} / ${countText(edgeFigure(now, edge, 'capacity'))}`;
}

export function isSameLinkFace(one: LinkFace, other: LinkFace): boolean {
  return (
    one.width === other.width &&
    one.label === other.label &&
    one.isFull === other.isFull &&
    one.dropped === other.dropped &&
    one.isDropping === other.isDropping
  );
}

/** Whether messages of a link never leave their worker. */
export function isFused(graph: GraphWire, { edges }: Link): boolean {
  return edges.every((edge) => graph.edges[edge]?.transport !== 'ring');
}

function rateText(rate: number): string {
  const { text, unit } = short(rate);
  return `${text} ${unit}/s`;
}

/** What a line shows, in words: for who points at it, and for who does not see it. */
export function linkTextOf({ graph, figures }: Model, picture: Picture, link: Link): string {
  if (graph === undefined) return '';
  const { edges, from, to, back } = link;
  const [first = 0] = edges;
  const edge = graph.edges[first];
  const isOne = edges.length === 1 && edge !== undefined;
  const parts = [
    isOne ? edgeName(graph, edge) : `${titleOf(graph, picture, from)} → ${titleOf(graph, picture, to)}`,
  ];
  if (!isOne) parts.push(`${edges.length} edges`);
  if (figures !== undefined) {
    const { rate, dropped, dropRate, fill } = loadOf(figures, edges);
    if (isOne) parts.push(`${waitingOf(figures, edges)} wait`);
    if (fill >= fullFrom) parts.push(isOne ? 'full' : 'one of them is full');
    if (!figures.isMoment) parts.push(rateText(rate));
    if (dropped > 0)
      parts.push(`${shortText(dropped)} dropped so far${dropRate > 0 ? ', and more now' : ''}`);
  }
  if (isFused(graph, link)) parts.push('on one worker');
  if (back) parts.push('goes back');
  return parts.join(', ');
}
