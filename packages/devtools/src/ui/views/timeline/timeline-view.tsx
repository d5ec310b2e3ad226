import type { SpanWire } from '@troupe/core/telemetry';
import type { KeyboardEvent, PointerEvent, ReactElement } from 'react';
import { useEffect, useRef, useState } from 'react';
import type { SpanStore } from '../../../model/spans.ts';
import { spanAt } from '../../../model/spans.ts';
import type { Range } from '../../../model/timeline.ts';
import { modeSpans, panned, spanText, zoomed } from '../../../model/timeline.ts';
import { count, milliseconds } from '../../../model/units.ts';
import { useModel, useUrl, useWish } from '../../page.tsx';
import { Canvas } from '../../parts/canvas.tsx';
import { draw, laneAt, left } from './drawing.ts';
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
  const dragged = useRef<{ readonly x: number; readonly range: Range } | undefined>(undefined);
  const workers = store.workers;
  useWheel(around, range, onRange);
  if (graph === undefined) return undefined;
  const widthOf = (): number => Math.max(1, (around.current?.clientWidth ?? 800) - left);
  const timeAt = (x: number): number => range.from + ((x - left) / widthOf()) * (range.until - range.from);
  const onPointerMove = (event: PointerEvent): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (dragged.current !== undefined) {
      onRange(panned(dragged.current.range, (dragged.current.x - x) / widthOf()));
      return;
    }
    const worker = workers[laneAt(y)];
    const tolerance = (3 / widthOf()) * (range.until - range.from);
    const near =
      worker === undefined ? [] : store.between(worker, timeAt(x) - tolerance, timeAt(x) + tolerance);
    const span = spanAt(near, timeAt(x), tolerance);
    setPointed(span === undefined || worker === undefined ? undefined : { worker, span });
  };
  const worker = workers[Math.min(lane, workers.length - 1)];
  const onKeyDown = (event: KeyboardEvent): void => {
    const beside = (side: -1 | 1): void => {
      const span = worker === undefined ? undefined : spanBeside(store, worker, pointed?.span, range, side);
      if (span === undefined || worker === undefined) return;
      setPointed({ worker, span });
      if (span.at < range.from || span.until > range.until) {
        onRange(panned(range, (span.at - middleOf(range)) / (range.until - range.from)));
      }
    };
    const keys: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => (event.shiftKey ? onRange(panned(range, -0.2)) : beside(-1)),
      ArrowRight: () => (event.shiftKey ? onRange(panned(range, 0.2)) : beside(1)),
      ArrowUp: () => setLane(Math.max(0, lane - 1)),
      ArrowDown: () => setLane(Math.min(workers.length - 1, lane + 1)),
      '+': () => onRange(zoomed(range, 0.5, pointed?.span.at ?? middleOf(range))),
      '-': () => onRange(zoomed(range, 2, pointed?.span.at ?? middleOf(range))),
    };
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  const modes = modeSpans(log, mode, graph.modes.initial, range.until);
  return (
    <>
      <div
        ref={around}
        className={`lanes ${isFollowing ? '' : 'is-still'}`}
        role="group"
        aria-label="Lanes of workers. Left and right: from span to span; with Shift: move; plus and minus: zoom; up and down: lane."
        tabIndex={0}
        style={{ height: 40 + workers.length * 56 }}
        onKeyDown={onKeyDown}
        onPointerMove={onPointerMove}
        onPointerLeave={() => setPointed(undefined)}
        onPointerDown={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          event.currentTarget.setPointerCapture(event.pointerId);
          dragged.current = { x: event.clientX - box.left, range };
        }}
        onPointerUp={() => {
          dragged.current = undefined;
        }}
      >
        <Canvas
          className="lanes-canvas"
          label={`Spans of ${workers.length} workers`}
          draw={(surface) =>
            draw(surface, { store, graph, workers, range, modes, pointed: pointed?.span, worker })
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
    <ul className="legend">
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
