import type { StageWire } from '@troupe/core/telemetry';
import { droppedOf, handledPerSecond, sharesOf } from '../../../model/activity.ts';
import { stageFigure } from '../../../model/figures.ts';
import { healthOf, healths, healthText } from '../../../model/health.ts';
import type { Model } from '../../../model/model.ts';
import { percentText, shortText } from '../../../model/numbers.ts';
import { topologyOf, workerName } from '../../../model/topology.ts';

export interface Column {
  readonly name: string;
  readonly title: string;
  readonly unit?: string;
  readonly isNumber: boolean;
  readonly text: (model: Model, stage: StageWire) => string;
  /** By which rows are sorted; a number is sorted from the largest on. */
  readonly order: (model: Model, stage: StageWire) => number | string;
}

type Figure = (model: Model, stage: StageWire) => number;

/** There are no rates and shares of a moment of a recording. */
function unlessMoment({ figures }: Model, text: string): string {
  return figures?.isMoment === true ? '–' : text;
}

function numbers(name: string, title: string, figure: Figure, unit?: string): Column {
  const text = (model: Model, stage: StageWire): string => shortText(figure(model, stage));
  return { name, title, isNumber: true, text, order: figure, ...(unit === undefined ? {} : { unit }) };
}

const shareTitles = { busy: 'Busy', blocked: 'Blocked', idle: 'Idle' } as const;

function share(name: 'busy' | 'blocked' | 'idle'): Column {
  const figure: Figure = ({ figures }, { index }) => sharesOf(figures, index)[name];
  return {
    name,
    title: shareTitles[name],
    unit: '%',
    isNumber: true,
    text: (model, stage) => unlessMoment(model, percentText(figure(model, stage))),
    order: figure,
  };
}

function counter(column: Parameters<typeof stageFigure>[2]): Figure {
  return ({ figures }, { index }) => (figures === undefined ? 0 : stageFigure(figures.now, index, column));
}

const dropped: Figure = ({ graph, figures }, { index }) => {
  if (graph === undefined || figures === undefined) return 0;
  const edges = topologyOf(graph).incoming[index] ?? [];
  return edges.reduce((sum, edge) => sum + droppedOf(figures.now, edge.index), 0);
};

export const columns: readonly Column[] = [
  {
    name: 'health',
    title: 'Health',
    isNumber: false,
    text: (model, stage) => healthText(model, stage),
    order: (model, stage) => healths.length - healths.indexOf(healthOf(model, stage)),
  },
  {
    name: 'stage',
    title: 'Definition',
    isNumber: false,
    text: (_, { stage }) => stage,
    order: (_, { stage }) => stage,
  },
  {
    name: 'worker',
    title: 'Worker',
    isNumber: false,
    text: ({ graph }, { worker }) => (graph === undefined ? '' : workerName(graph, worker)),
    order: (_, { worker }) => String(worker).padStart(5, '0'),
  },
  {
    name: 'rate',
    title: 'Handled',
    unit: '/s',
    isNumber: true,
    text: (model, { index }) => unlessMoment(model, shortText(handledPerSecond(model.figures, index))),
    order: ({ figures }, { index }) => handledPerSecond(figures, index),
  },
  numbers('handled', 'In all', counter('handled')),
  share('busy'),
  share('blocked'),
  share('idle'),
  numbers('depth', 'Waiting', counter('depth')),
  numbers('dropped', 'Dropped', dropped),
  numbers('failed', 'Failed', counter('failed')),
  numbers('restarts', 'Restarts', counter('restarts')),
];
