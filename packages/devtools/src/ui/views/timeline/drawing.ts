import type { GraphWire, SpanWire } from '@troupe/core/telemetry';
import type { Bar, SpanStore } from '../../../model/spans.ts';
import { barsOf, sharesOf } from '../../../model/spans.ts';
import type { ModeSpan, Range } from '../../../model/timeline.ts';
import { axisText, axisTimes } from '../../../model/timeline.ts';
import { workerName } from '../../../model/topology.ts';
import { percent } from '../../../model/units.ts';
import type { Surface } from '../../parts/canvas.tsx';

/** Where the lanes begin, pixels: left of it stand the workers' names. */
export const left = 132;
const top = 36;
const laneRest = 30;
const handleHeight = 26;
const rowHeight = 13;
/** More share rows. */
const rowsMax = 12;

export interface Picture {
  readonly store: SpanStore;
  readonly graph: GraphWire;
  readonly lanes: readonly Lane[];
  readonly range: Range;
  readonly modes: readonly ModeSpan[];
  readonly pointed: SpanWire | undefined;
  /** The worker whose lane the keyboard moves in. */
  readonly worker: number | undefined;
}

/** The lane of a worker: where it lies, and the stages whose handlers overlap: each has a row in it. */
export interface Lane {
  readonly worker: number;
  readonly y: number;
  readonly height: number;
  readonly rows: readonly number[];
}

export function lanesOf(store: SpanStore): readonly Lane[] {
  let y = top;
  return store.workers.map((worker) => {
    const rows = store.rowsOf(worker);
    const lane = { worker, y, height: laneRest + handlesHeight(rows), rows };
    y += lane.height;
    return lane;
  });
}

/** Of the whole timeline. */
export function heightOf(lanes: readonly Lane[]): number {
  return lanes.reduce((sum, { height }) => sum + height, top) + 4;
}

/** The lane at a height. */
export function laneAt(lanes: readonly Lane[], at: number): Lane | undefined {
  return lanes.find(({ y, height }) => at >= y && at < y + height);
}

/** Whether a span is drawn at a height of its lane. */
export function isAt(lane: Lane, span: SpanWire, at: number): boolean {
  if (span.kind !== 'handle' || at >= lane.y + 4 + handlesHeight(lane.rows)) return true;
  const box = boxOf(lane, span.stage);
  return at >= box.y && at <= box.y + box.height + 1;
}

function handlesHeight(rows: readonly number[]): number {
  return Math.max(handleHeight, Math.min(rowsMax, rows.length) * rowHeight);
}

/** Where the handlers of a stage are drawn: in their row, or in the whole height. */
function boxOf({ y, rows }: Lane, stage: number): { readonly y: number; readonly height: number } {
  const row = rows.indexOf(stage);
  if (row === -1) return { y: y + 4, height: handlesHeight(rows) };
  const height = handlesHeight(rows) / Math.min(rowsMax, rows.length);
  return { y: y + 4 + (row % rowsMax) * height, height: height - 1 };
}

/** The whole timeline. */
export function draw(surface: Surface, picture: Picture): void {
  drawAxis(surface, picture);
  for (const lane of picture.lanes) drawLane(surface, picture, lane);
}

function toX({ range: { from, until } }: Picture, { width }: Surface, ms: number): number {
  return left + ((ms - from) / (until - from)) * (width - left);
}

/** Lines of time, and above them which mode was. */
function drawAxis(surface: Surface, picture: Picture): void {
  const { context, width, height, ink } = surface;
  const { range, modes } = picture;
  context.textBaseline = 'middle';
  for (const [index, { mode, from, until }] of modes.entries()) {
    const x = Math.max(left, toX(picture, surface, from));
    const end = Math.min(width, toX(picture, surface, until));
    if (end <= x) continue;
    context.fillStyle = ink(index % 2 === 0 ? 'surface-sunken' : 'accent-soft');
    context.fillRect(x, 0, end - x, 16);
    context.fillStyle = ink('text-soft');
    context.textAlign = 'left';
    if (end - x > mode.length * 7 + 8) context.fillText(mode, x + 4, 8);
  }
  for (const ms of axisTimes(range, width - left)) {
    const x = Math.round(toX(picture, surface, ms)) + 0.5;
    context.strokeStyle = ink('line');
    context.beginPath();
    context.moveTo(x, 30);
    context.lineTo(x, height);
    context.stroke();
    context.fillStyle = ink('text-faint');
    context.textAlign = x < left + 30 ? 'left' : x > width - 30 ? 'right' : 'center';
    context.fillText(axisText(ms, range), x, 24);
  }
}

function drawLane(surface: Surface, picture: Picture, lane: Lane): void {
  const { worker, y, height, rows } = lane;
  const { context, width, ink } = surface;
  const { store, graph, range } = picture;
  const spans = store.between(worker, range.from, range.until);
  const shares = sharesOf(spans, range.from, range.until);
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillStyle = ink(worker === picture.worker ? 'accent' : 'text');
  context.fillText(workerName(graph, worker), 4, y + 14);
  context.fillStyle = ink('text-faint');
  context.fillText(`${percent(shares.handle)} handling`, 4, y + 30);
  context.strokeStyle = ink('line');
  context.beginPath();
  context.moveTo(0, y + height - 0.5);
  context.lineTo(width, y + height - 0.5);
  context.stroke();
  const barsIn = (some: readonly SpanWire[]): readonly Bar[] =>
    barsOf(some, range.from, range.until, width - left);
  const isStacked = (span: SpanWire): boolean => span.kind === 'handle' && rows.includes(span.stage);
  const bars = barsIn(rows.length === 0 ? spans : spans.filter((span) => !isStacked(span)));
  for (const bar of bars) if (bar.kind === 'sleep') drawSleep(surface, bar, y);
  for (const bar of bars) if (bar.kind === 'blocked') drawBlocked(surface, bar, lane);
  for (const bar of bars) if (bar.kind === 'handle') drawHandle(surface, picture, bar, lane);
  for (const row of rows) {
    const own = spans.filter((span) => span.kind === 'handle' && span.stage === row);
    for (const bar of barsIn(own)) drawHandle(surface, picture, bar, lane);
  }
  for (const bar of bars) if (bar.kind === 'restart') drawRestart(surface, bar, lane);
}

/** A thin line: nothing happens there. */
function drawSleep({ context, ink }: Surface, { x, width }: Bar, y: number): void {
  context.fillStyle = ink('line');
  context.fillRect(left + x, y + 4 + handleHeight / 2, width, 1);
}

/** Below the handlers, hatched. */
function drawBlocked({ context, ink }: Surface, { x, width }: Bar, { y, rows }: Lane): void {
  const at = y + 8 + handlesHeight(rows);
  context.fillStyle = ink('blocked-soft');
  context.fillRect(left + x, at, width, 10);
  context.fillStyle = ink('blocked');
  context.fillRect(left + x, at, width, 1);
  for (let stripe = 0; stripe < width - 1; stripe += 6) context.fillRect(left + x + stripe, at, 2, 10);
}

function drawHandle(surface: Surface, picture: Picture, bar: Bar, lane: Lane): void {
  const { context, ink } = surface;
  const { span, x, width, count } = bar;
  if (span.kind !== 'handle') return;
  const { y, height } = boxOf(lane, span.stage);
  const isPointed = span === picture.pointed;
  // Neighbours of different stages differ a little; their names tell them apart.
  context.globalAlpha = isPointed ? 1 : 0.6 + (span.stage % 3) * 0.2;
  context.fillStyle = ink(isPointed ? 'accent' : 'busy');
  context.fillRect(left + x, y, width > 3 ? width - 0.5 : width, height);
  context.globalAlpha = 1;
  if (span.isFailed) {
    context.fillStyle = ink('failed');
    context.fillRect(left + x + width - 2, y, 2, height);
  }
  if (span.lateMs !== undefined && span.lateMs > 0) drawLate(surface, picture, span, y - 3);
  const name = picture.graph.stages[span.stage]?.name ?? '';
  if (count === 1 && width > name.length * 7 + 8) {
    context.fillStyle = ink('on-accent');
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.fillText(name, left + x + 4, y + 1 + height / 2);
  }
}

/** A line over the whole lane. */
function drawRestart({ context, ink }: Surface, { x, width }: Bar, { y, height }: Lane): void {
  context.fillStyle = ink('held');
  context.fillRect(left + x, y, Math.max(2, width), height - 2);
}

/** From when a tick was due to when it began. */
function drawLate(
  surface: Surface,
  picture: Picture,
  span: Extract<SpanWire, { readonly kind: 'handle' }>,
  y: number,
): void {
  const { context, ink } = surface;
  const end = toX(picture, surface, span.at);
  const x = Math.max(left, toX(picture, surface, span.at - (span.lateMs ?? 0)));
  if (end - x < 1) return;
  context.fillStyle = ink('failed');
  context.fillRect(x, y, end - x, 3);
}
