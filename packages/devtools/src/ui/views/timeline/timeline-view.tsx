import type { SpanWire } from '@troupe/core/telemetry';
import type { HTMLAttributes, KeyboardEvent, PointerEvent, ReactElement, RefObject } from 'react';
import { useEffect, useRef, useState } from 'react';
import type { SpanStore } from '../../../model/spans.ts';
import { spanAt } from '../../../model/spans.ts';
import type { Range } from '../../../model/timeline.ts';
import { modeSpans, panned, spanText, zoomed } from '../../../model/timeline.ts';
import { count, milliseconds } from '../../../model/units.ts';
import { useModel, useUrl, useWish } from '../../page.tsx';
import { Canvas } from '../../parts/canvas.tsx';
import type { Lane } from './drawing.ts';
import { draw, heightOf, isAt, laneAt, lanesOf, left } from './drawing.ts';
import './timeline.css';

const followedMs = 5_000;

/** What each worker does, as it does it: handlers, blocked spans, sleeps, ticks and modes over time. */
export function TimelineView(): ReactElement {
  useWish({ statsMs: 250, trace: true });
  const { store } = useModel(({ watched }) => watched.trace);
  const graph = useModel((model) => model.graph);
  const [{ range: given, isFrozen }, go] = useUrl();
  const extent = store.extent();
  const end = extent?.untilMs ?? followedMs;
  const range = given ?? { from: end - followedMs, until: end };
  const isFollowing = given === undefined && !isFrozen;
  return (
    <section className="view timeline-view" aria-label="Timeline">
      <div className="view-head">
        <h2>Timeline</h2>
        <button
          type="button"
          aria-pressed={!isFollowing}
          onClick={() => go({ range: given === undefined ? range : undefined })}
        >
          {given === undefined ? 'Hold the picture' : 'Follow the run'}
        </button>
        <div className="choices" role="group" aria-label="Zoom">
          <button type="button" onClick={() => go({ range: zoomed(range, 0.5, middleOf(range)) })}>
            Closer
          </button>
          <button type="button" onClick={() => go({ range: zoomed(range, 2, middleOf(range)) })}>
            Wider
          </button>
        </div>
        <p className="quiet">
          {milliseconds(range.until - range.from)} shown
          {store.missed === 0 ? '' : `; ${count(store.missed)} spans are gone`}
        </p>
        <Downloads />
      </div>
      {graph === undefined ? undefined : extent === undefined ? (
        <p className="empty">Nothing has been traced yet. The trace begins when this view is opened.</p>
      ) : (
        <Lanes
          store={store}
          range={range}
          isFollowing={isFollowing}
          onRange={(next) => go({ range: next })}
        />
      )}
    </section>
  );
}

function middleOf({ from, until }: Range): number {
  return (from + until) / 2;
}

function Downloads(): ReactElement {
  return (
    <p className="downloads">
      Download{' '}
      <a href="./download/trace.pftrace?ms=5000" download>
        a trace of 5 s for Perfetto
      </a>
      ,{' '}
      <a href="./download/stats.json" download>
        figures
      </a>
      ,{' '}
      <a href="./download/plan.json" download>
        the plan
      </a>
    </p>
  );
}

interface LanesProps {
  readonly store: SpanStore;
  readonly range: Range;
  readonly isFollowing: boolean;
  readonly onRange: (range: Range) => void;
}

/** The spans that a pointer or the keyboard points at. */
interface Pointed {
  readonly worker: number;
  readonly span: SpanWire;
}

function Lanes({ store, range, isFollowing, onRange }: LanesProps): ReactElement | undefined {
  const graph = useModel((model) => model.graph);
  const mode = useModel(({ figures }) => figures?.mode ?? '');
  const log = useModel(({ watched }) => watched.log);
  const [pointed, setPointed] = useState<Pointed | undefined>(undefined);
  const [lane, setLane] = useState(0);
  const around = useRef<HTMLDivElement>(null);
  const workers = store.workers;
  const worker = workers[Math.min(lane, workers.length - 1)];
  const lanes = lanesOf(store);
  const hands = useHands({ around, store, lanes, range, onRange, onPoint: setPointed });
  const keys: LaneKeys = { store, worker, range, pointed, onRange, onPoint: setPointed };
  useWheel(around, range, onRange);
  if (graph === undefined) return undefined;
  const modes = modeSpans(log, mode, graph.modes.initial, range.until);
  const onKeyDown = (event: KeyboardEvent): void => {
    const isLane = event.key === 'ArrowUp' || event.key === 'ArrowDown';
    if (isLane) {
      setLane(Math.max(0, Math.min(workers.length - 1, lane + (event.key === 'ArrowUp' ? -1 : 1))));
    } else if (!actOnKey(event, keys)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      <div
        ref={around}
        className={`lanes ${isFollowing ? '' : 'is-still'}`}
        role="group"
        aria-label={lanesLabel}
        tabIndex={0}
        style={{ height: heightOf(lanes) }}
        onKeyDown={onKeyDown}
        {...hands}
      >
        <Canvas
          className="lanes-canvas"
          label={`Spans of ${workers.length} workers`}
          draw={(surface) =>
            draw(surface, { store, graph, lanes, range, modes, pointed: pointed?.span, worker })
          }
        />
      </div>
      <p className="span-text" role="status">
        {pointed === undefined
          ? 'Point at a span, or focus the lanes and use the arrows. The wheel zooms, dragging moves.'
          : spanText(pointed.span, graph)}
      </p>
      <Legend />
    </>
  );
}

const lanesLabel =
  'Lanes of workers. Left and right: from span to span; with Shift: move; plus and minus: zoom; ' +
  'up and down: lane.';

interface Hands {
  readonly around: RefObject<HTMLDivElement | null>;
  readonly store: SpanStore;
  readonly lanes: readonly Lane[];
  readonly range: Range;
  readonly onRange: (range: Range) => void;
  readonly onPoint: (pointed: Pointed | undefined) => void;
}

type HandEvents = Pick<
  HTMLAttributes<HTMLDivElement>,
  'onPointerMove' | 'onPointerLeave' | 'onPointerDown' | 'onPointerUp'
>;

/** Pointing tells of a span, dragging moves the picture. */
function useHands({ around, store, lanes, range, onRange, onPoint }: Hands): HandEvents {
  const dragged = useRef<{ readonly x: number; readonly range: Range } | undefined>(undefined);
  const placeOf = (event: PointerEvent): { readonly x: number; readonly y: number } => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  return {
    onPointerMove: (event) => {
      const { x, y } = placeOf(event);
      const width = Math.max(1, (around.current?.clientWidth ?? 800) - left);
      if (dragged.current !== undefined) {
        onRange(panned(dragged.current.range, (dragged.current.x - x) / width));
        return;
      }
      const length = range.until - range.from;
      const at = range.from + ((x - left) / width) * length;
      const tolerance = (3 / width) * length;
      const lane = laneAt(lanes, y);
      const near = lane === undefined ? [] : store.between(lane.worker, at - tolerance, at + tolerance);
      const drawn = near.filter((each) => lane !== undefined && isAt(lane, each, y));
      const span = spanAt(drawn, at, tolerance);
      onPoint(span === undefined || lane === undefined ? undefined : { worker: lane.worker, span });
    },
    onPointerLeave: () => onPoint(undefined),
    onPointerDown: (event) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      dragged.current = { x: placeOf(event).x, range };
    },
    onPointerUp: () => {
      dragged.current = undefined;
    },
  };
}

interface LaneKeys {
  readonly store: SpanStore;
  readonly worker: number | undefined;
  readonly range: Range;
  readonly pointed: Pointed | undefined;
  readonly onRange: (range: Range) => void;
  readonly onPoint: (pointed: Pointed) => void;
}

/** Whether the key means something here. */
function actOnKey({ key, shiftKey }: KeyboardEvent, keys: LaneKeys): boolean {
  const { range, pointed, onRange } = keys;
  const middle = pointed?.span.at ?? middleOf(range);
  const acts: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => (shiftKey ? onRange(panned(range, -0.2)) : goBeside(keys, -1)),
    ArrowRight: () => (shiftKey ? onRange(panned(range, 0.2)) : goBeside(keys, 1)),
    '+': () => onRange(zoomed(range, 0.5, middle)),
    '-': () => onRange(zoomed(range, 2, middle)),
  };
  acts[key]?.();
  return acts[key] !== undefined;
}

function goBeside({ store, worker, range, pointed, onRange, onPoint }: LaneKeys, side: -1 | 1): void {
  const span = worker === undefined ? undefined : spanBeside(store, worker, pointed?.span, range, side);
  if (span === undefined || worker === undefined) return;
  onPoint({ worker, span });
  if (span.at < range.from || span.until > range.until) {
    onRange(panned(range, (span.at - middleOf(range)) / (range.until - range.from)));
  }
}

/** The next or the last handler beside the one that is pointed at; without one, the first in the range. */
function spanBeside(
  store: SpanStore,
  worker: number,
  from: SpanWire | undefined,
  range: Range,
  side: -1 | 1,
): SpanWire | undefined {
  const extent = store.extent();
  if (extent === undefined) return undefined;
  const isHandle = ({ kind }: SpanWire): boolean => kind === 'handle';
  if (from === undefined || from.worker !== worker) {
    return store.between(worker, range.from, range.until).find(isHandle);
  }
  if (side === 1) {
    return store.between(worker, from.at, extent.untilMs + 1).find((it) => isHandle(it) && it.at > from.at);
  }
  return store.between(worker, extent.fromMs, from.at).findLast((it) => isHandle(it) && it.at < from.at);
}

/** The page must not scroll while the wheel zooms, so the listener is no passive one. */
function useWheel(
  around: { readonly current: HTMLDivElement | null },
  range: Range,
  onRange: (range: Range) => void,
): void {
  const latest = useRef({ range, onRange });
  useEffect(() => {
    latest.current = { range, onRange };
  });
  useEffect(() => {
    const element = around.current;
    if (element === null) return undefined;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      const { range: now, onRange: change } = latest.current;
      const width = Math.max(1, element.clientWidth - left);
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        change(panned(now, (event.deltaX + (event.shiftKey ? event.deltaY : 0)) / width));
        return;
      }
      const x = event.clientX - element.getBoundingClientRect().left;
      const at = now.from + ((x - left) / width) * (now.until - now.from);
      change(zoomed(now, 2 ** (event.deltaY / 240), at));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [around]);
}

function Legend(): ReactElement {
  return (
    <ul className="lanes-legend">
      <li>
        <span className="swatch swatch-handle" /> handler
      </li>
      <li>
        <span className="swatch swatch-blocked" /> blocked by a full output
      </li>
      <li>
        <span className="swatch swatch-sleep" /> asleep
      </li>
      <li>
        <span className="swatch swatch-late" /> how late a tick began
      </li>
    </ul>
  );
}
