/** Where one is in the page, as the address keeps it: a reload or a link leads back. */
export interface Place {
  readonly view: ViewName;
  /** Name of the stage that the inspector shows. */
  readonly stage: string | undefined;
  /** Name of the selected edge, as `edgeName` gives it. */
  readonly edge: string | undefined;
  readonly search: string;
  readonly lanes: Lanes;
  /** The picture stands still; the run goes on. */
  readonly isFrozen: boolean;
  /** What the timeline shows: milliseconds since the run's epoch. */
  readonly range: { readonly from: number; readonly until: number } | undefined;
}

export const viewNames = [
  'graph',
  'stages',
  'messages',
  'modes',
  'timeline',
  'threads',
  'log',
  'replay',
] as const;
export type ViewName = (typeof viewNames)[number];

/** How stages are put together: each worker a lane or a frame, or by tag, or by the start of their names. */
export const lanesNames = ['lanes', 'workers', 'tags', 'names', 'none'] as const;
export type Lanes = (typeof lanesNames)[number];

export const home: Place = {
  view: 'graph',
  stage: undefined,
  edge: undefined,
  search: '',
  lanes: 'lanes',
  isFrozen: false,
  range: undefined,
};

const textMax = 500;

/** The place that the query of an address names; whatever it does not understand is as at home. */
export function placeOf(query: string): Place {
  const given = new URLSearchParams(query);
  const text = (key: string): string | undefined => given.get(key)?.slice(0, textMax) || undefined;
  const from = Number(given.get('from') ?? Number.NaN);
  const until = Number(given.get('until') ?? Number.NaN);
  return {
    view: viewNames.find((name) => name === given.get('view')) ?? home.view,
    stage: text('stage'),
    edge: text('edge'),
    search: text('search') ?? '',
    lanes: lanesNames.find((name) => name === given.get('lanes')) ?? home.lanes,
    isFrozen: given.get('frozen') === '1',
    range: from < until ? { from, until } : undefined,
  };
}

/** The query of a place, with its question mark; empty at home. */
export function queryOf(place: Place): string {
  const query = new URLSearchParams();
  if (place.view !== home.view) query.set('view', place.view);
  if (place.stage !== undefined) query.set('stage', place.stage);
  if (place.edge !== undefined) query.set('edge', place.edge);
  if (place.search !== '') query.set('search', place.search);
  if (place.lanes !== home.lanes) query.set('lanes', place.lanes);
  if (place.isFrozen) query.set('frozen', '1');
  if (place.range !== undefined) {
    query.set('from', String(place.range.from));
    query.set('until', String(place.range.until));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
