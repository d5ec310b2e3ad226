import type { GraphWire, MomentWire } from '@troupe/core/telemetry';
import type { Figures } from './figures.ts';
import { withStats } from './figures.ts';
import type { Model } from './model.ts';
import { emptyModel } from './model.ts';

const figuresOf = new WeakMap<MomentWire, Figures>();
const rewoundOf = new WeakMap<Model, Model>();

/**
 * The model with the moment of a recording that a person went back to in place of the run: its counts,
 * states and depths, no rates. The model itself while no moment is shown; the same object for the same model.
 */
export function rewound(model: Model): Model {
  const { graph, watched } = model;
  const moment = watched.replay?.moment;
  if (graph === undefined || moment === undefined) return model;
  const known = rewoundOf.get(model);
  if (known !== undefined) return known;
  const { debug, trends, lints } = emptyModel;
  const then = { ...model, figures: figuresAt(graph, moment), debug, trends, lints };
  rewoundOf.set(model, then);
  return then;
}

function figuresAt(graph: GraphWire, moment: MomentWire): Figures {
  const known = figuresOf.get(moment);
  if (known !== undefined) return known;
  const { timeNs, stages, edges, mode, events } = moment;
  const counts = new Map(events.map(({ name, count }) => [name, count]));
  const none = { rows: new Uint32Array(), values: new Float64Array() };
  const figures = withStats(undefined, {
    type: 'stats',
    elapsedMs: timeNs / 1e6,
    stages,
    edges,
    workers: none,
    mode,
    events: graph.events.map((name) => counts.get(name) ?? 0),
    resources: graph.resources.map(() => ({ holders: [], waiting: [] })),
    lost: 0,
  });
  const then = { ...figures, isMoment: true };
  figuresOf.set(moment, then);
  return then;
}
