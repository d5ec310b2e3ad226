import type { TapWish, WatchMessage } from '@troupe/core/telemetry';

/** What one part of the page wants to see while it is shown. */
export type Wish = Partial<Omit<WatchMessage, 'type'>>;

const detailsMax = 8;
const tapsMax = 16;

/** What a page that is not looked at wants: nothing. */
export const nothing: WatchMessage = {
  type: 'watch',
  statsMs: 0,
  details: [],
  taps: [],
  census: false,
  trace: false,
};

/** One message for what all parts want: the quickest figures, as many details and taps as there may be. */
export function mergeWishes(wishes: Iterable<Wish>): WatchMessage {
  let statsMs = 0;
  let census = false;
  let trace = false;
  const details = new Set<number>();
  const taps = new Map<number, TapWish>();
  for (const wish of wishes) {
    const wanted = wish.statsMs ?? 0;
    if (wanted > 0) statsMs = statsMs === 0 ? wanted : Math.min(statsMs, wanted);
    census ||= wish.census ?? false;
    trace ||= wish.trace ?? false;
    for (const stage of wish.details ?? []) details.add(stage);
    for (const tap of wish.taps ?? []) taps.set(tap.edge, both(taps.get(tap.edge), tap));
  }
  return {
    type: 'watch',
    statsMs,
    details: [...details].slice(0, detailsMax),
    taps: [...taps.values()].slice(0, tapsMax),
    census,
    trace,
  };
}

function both(one: TapWish | undefined, other: TapWish): TapWish {
  if (one === undefined) return other;
  return {
    edge: one.edge,
    everyMs: Math.min(one.everyMs, other.everyMs),
    newest: Math.max(one.newest, other.newest),
  };
}
