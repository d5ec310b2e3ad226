import type { SpanWire } from '@troupe/core/telemetry';

/** Spans that are kept of each worker. */
const spansMax = 60_000;
/** Less is the noise of clocks. */
const overlapMs = 0.005;
/** Neighbours of a span that are looked at. */
const neighboursMax = 64;

/** What one worker did, oldest first by its begin. */
interface Lane {
  readonly worker: number;
  spans: SpanWire[];
  /** The longest span: none that begins earlier than this before a time reaches it. */
  longestMs: number;
  /** Stages whose handlers have overlapped those of another one: async ones, on a worker for I/O. */
  readonly overlapping: Set<number>;
}

/** A piece of the timeline that is drawn: one span, or several that lie within a pixel. */
export interface Bar {
  readonly kind: SpanWire['kind'];
  /** Pixels from the left edge. */
  readonly x: number;
  readonly width: number;
  /** How many spans lie here. */
  readonly count: number;
  /** The longest of them. */
  readonly span: SpanWire;
}

/** The newest spans of each worker, in the order of time. It changes in place: `version` says when. */
export class SpanStore {
  readonly #lanes = new Map<number, Lane>();
  /** Spans that the process or this store had no room for. */
  missed = 0;
  version = 0;

  add(spans: readonly SpanWire[], missed: number): void {
    for (const span of spans) this.#insert(span);
    this.missed += missed;
    this.version += 1;
  }

  clear(): void {
    this.#lanes.clear();
    this.missed = 0;
    this.version += 1;
  }

  get workers(): readonly number[] {
    return [...this.#lanes.keys()].toSorted((a, b) => a - b);
  }

  /** Stages of a worker that need a row of their own, since their handlers overlap. They stay the same. */
  rowsOf(worker: number): readonly number[] {
    return [...(this.#lanes.get(worker)?.overlapping ?? [])].toSorted((a, b) => a - b);
  }

  /** Begin of the oldest and end of the newest span, milliseconds; `undefined` while there is none. */
  extent(): { readonly fromMs: number; readonly untilMs: number } | undefined {
    const lanes = [...this.#lanes.values()].filter(({ spans }) => spans.length > 0);
    if (lanes.length === 0) return undefined;
    return {
      fromMs: Math.min(...lanes.map(({ spans }) => (spans[0] as SpanWire).at)),
      untilMs: Math.max(...lanes.flatMap(({ spans }) => spans.slice(-64).map(({ until }) => until))),
    };
  }

  /** Spans of a worker that touch a time range, in the order of their begin. */
  between(worker: number, fromMs: number, untilMs: number): readonly SpanWire[] {
    const lane = this.#lanes.get(worker);
    if (lane === undefined) return [];
    const first = firstFrom(lane.spans, fromMs - lane.longestMs);
    const end = firstFrom(lane.spans, untilMs);
    return lane.spans.slice(first, end).filter(({ until }) => until >= fromMs);
  }

  #insert(span: SpanWire): void {
    const { worker } = span;
    const lane = this.#lanes.get(worker) ?? { worker, spans: [], longestMs: 0, overlapping: new Set() };
    this.#lanes.set(worker, lane);
    const { spans } = lane;
    const last = spans.at(-1);
    // Rings of several actors are read one after the other: nearly sorted.
    const at = last === undefined || last.at <= span.at ? spans.length : firstFrom(spans, span.at);
    if (at === spans.length) spans.push(span);
    else spans.splice(at, 0, span);
    if (span.kind === 'handle') noteOverlaps(lane, span, at);
    lane.longestMs = Math.max(lane.longestMs, span.until - span.at);
    // Taken away in one go, since each time moves all the others.
    if (spans.length > spansMax * 1.1) {
      this.missed += spans.length - spansMax;
      lane.spans = spans.slice(-spansMax);
    }
  }
}

function noteOverlaps({ spans, overlapping }: Lane, span: SpanWire & { kind: 'handle' }, at: number): void {
  const last = Math.min(spans.length - 1, at + neighboursMax);
  for (let index = Math.max(0, at - neighboursMax); index <= last; index += 1) {
    const other = spans[index];
    if (other?.kind !== 'handle' || other.stage === span.stage) continue;
    if (Math.min(other.until, span.until) - Math.max(other.at, span.at) <= overlapMs) continue;
    overlapping.add(span.stage);
    overlapping.add(other.stage);
  }
}

/** What is drawn of a range of time over a width in pixels: spans of a kind within a pixel are one. */
export function barsOf(
  spans: readonly SpanWire[],
  fromMs: number,
  untilMs: number,
  widthPx: number,
): readonly Bar[] {
  const scale = widthPx / (untilMs - fromMs);
  const bars: Bar[] = [];
  const open = new Map<SpanWire['kind'], { bar: Mutable<Bar>; endPx: number }>();
  for (const span of spans) {
    const x = Math.max(0, (span.at - fromMs) * scale);
    const endPx = Math.min(widthPx, (span.until - fromMs) * scale);
    if (endPx < 0 || x > widthPx) continue;
    const before = open.get(span.kind);
    const isSmall = endPx - x < 1;
    if (before !== undefined && isSmall && Math.max(endPx, x) - before.bar.x < 1) {
      before.bar.count += 1;
      before.endPx = Math.max(before.endPx, endPx);
      before.bar.width = Math.max(1, before.endPx - before.bar.x);
      if (lengthOf(span) > lengthOf(before.bar.span)) before.bar.span = span;
      continue;
    }
    const bar: Mutable<Bar> = { kind: span.kind, x, width: Math.max(1, endPx - x), count: 1, span };
    bars.push(bar);
    if (isSmall) open.set(span.kind, { bar, endPx });
    else open.delete(span.kind);
  }
  return bars;
}

/** The span at a time, the shortest if several are: what a pointer means. Thin ones are hit from near by. */
export function spanAt(spans: readonly SpanWire[], atMs: number, toleranceMs: number): SpanWire | undefined {
  const near = spans.filter(({ at, until }) => at - toleranceMs <= atMs && atMs <= until + toleranceMs);
  // A handler is meant before the sleep beside it.
  return near.toSorted((a, b) => rankOf(a) - rankOf(b) || lengthOf(a) - lengthOf(b))[0];
}

/** Shares of a range of time in which a worker handled, slept, or had a stage that was blocked. */
export function sharesOf(
  spans: readonly SpanWire[],
  fromMs: number,
  untilMs: number,
): Readonly<Record<SpanWire['kind'], number>> {
  const sums = { handle: 0, blocked: 0, sleep: 0, restart: 0 };
  for (const { kind, at, until } of spans) {
    sums[kind] += Math.max(0, Math.min(until, untilMs) - Math.max(at, fromMs));
  }
  const whole = untilMs - fromMs;
  const share = (sum: number): number => (whole > 0 ? Math.min(1, sum / whole) : 0);
  return {
    handle: share(sums.handle),
    blocked: share(sums.blocked),
    sleep: share(sums.sleep),
    restart: share(sums.restart),
  };
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function rankOf({ kind }: SpanWire): number {
  return { restart: 0, handle: 1, blocked: 2, sleep: 3 }[kind];
}

function lengthOf({ at, until }: SpanWire): number {
  return until - at;
}

/** Index of the first span that begins at a time or later. */
function firstFrom(spans: readonly SpanWire[], atMs: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle] as SpanWire).at < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
