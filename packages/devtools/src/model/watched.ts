import type { DetailWire, ServerMessage } from '@troupe/core/telemetry';
import type { Census } from './census.ts';
import { withCensus } from './census.ts';
import type { Log } from './log.ts';
import { emptyLog, withHappenings } from './log.ts';
import type { Tapped } from './messages.ts';
import { withTapped } from './messages.ts';
import type { Replay } from './moment.ts';
import { withReplay } from './moment.ts';
import { SpanStore } from './spans.ts';
import type { LatencyHistory } from './windows.ts';
import { remember } from './windows.ts';

/** What the page is told only because some view asked for it. */
export interface Watched {
  readonly log: Log;
  /** By stage. */
  readonly details: ReadonlyMap<number, Detail>;
  /** By edge. */
  readonly taps: ReadonlyMap<number, Tapped>;
  readonly census: Census | undefined;
  /** It changes in place; a new object around it says when. */
  readonly trace: { readonly store: SpanStore };
  readonly replay: Replay | undefined;
}

export interface Detail {
  readonly elapsedMs: number;
  readonly detail: DetailWire;
  readonly latencies: LatencyHistory;
}

/** Details and taps of this many stages and edges are kept after they are no longer looked at. */
const keptMax = 16;

export function nothingWatched(): Watched {
  return {
    log: emptyLog,
    details: new Map(),
    taps: new Map(),
    census: undefined,
    trace: { store: new SpanStore() },
    replay: undefined,
  };
}

/** What is watched after a message of the process; the same object where it is of no concern here. */
export function withWatched(watched: Watched, message: ServerMessage): Watched {
  switch (message.type) {
    case 'happenings':
      return { ...watched, log: withHappenings(watched.log, message) };
    case 'detail': {
      const { elapsedMs, detail } = message;
      const before = watched.details.get(detail.stage);
      const latencies = remember(before?.latencies, elapsedMs, detail);
      return { ...watched, details: newest(watched.details, detail.stage, { elapsedMs, detail, latencies }) };
    }
    case 'tap': {
      const tapped = withTapped(watched.taps.get(message.edge), message);
      return { ...watched, taps: newest(watched.taps, message.edge, tapped) };
    }
    case 'census':
      return { ...watched, census: withCensus(watched.census, message) };
    case 'trace': {
      const { store } = watched.trace;
      store.add(message.spans, message.missed);
      return { ...watched, trace: { store } };
    }
    case 'replay':
    case 'moment':
      return { ...watched, replay: withReplay(watched.replay, message) };
    default:
      return watched;
  }
}

/** A map with an entry that is now the newest; the oldest goes where there are too many. */
function newest<Value>(
  map: ReadonlyMap<number, Value>,
  key: number,
  value: Value,
): ReadonlyMap<number, Value> {
  const others = [...map].filter(([other]) => other !== key);
  return new Map([...others.slice(-(keptMax - 1)), [key, value]]);
}
