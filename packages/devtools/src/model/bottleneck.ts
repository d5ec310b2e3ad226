import type { EdgeWire, GraphWire, StageWire } from '@troupe/core/telemetry';
import { sharesOf, workerBusy } from './activity.ts';
import { edgeFigure } from './figures.ts';
import { healthOf } from './health.ts';
import type { Model } from './model.ts';
import { offOf } from './off.ts';
import { topologyOf, workerName } from './topology.ts';

/** What holds up the graph. */
export interface Bottleneck {
  /** The stage that causes it; `undefined` where it is the application, that does not take an output. */
  readonly stage: number | undefined;
  /** The output of the graph that nobody takes. */
  readonly output: string | undefined;
  /** Stages that are held up by it, from the nearest on. */
  readonly blocked: readonly number[];
  /** What is so, in one sentence. */
  readonly text: string;
  /** Why one can tell, and what to do. */
  readonly why: string;
}

/** From this share of its time on a stage counts as blocked, or as busy. */
const blockedFrom = 0.1;
const busyFrom = 0.5;
const workerBusyFrom = 0.8;
/** From this fill on an edge counts as full. */
const fullFrom = 0.9;

interface Candidate {
  readonly stage: number | undefined;
  readonly output: string | undefined;
  readonly edge: EdgeWire;
  readonly blocked: number[];
}

/**
 * The first stage downstream of blocked ones that is not blocked itself: it is why they are. `undefined` when
 * nobody is blocked.
 */
export function bottleneckOf(model: Model): Bottleneck | undefined {
  const { graph, figures } = model;
  if (graph === undefined || figures === undefined) return undefined;
  const blocked = graph.stages
    .filter(({ index }) => sharesOf(figures, index).blocked >= blockedFrom)
    .map(({ index }) => index);
  if (blocked.length === 0) return undefined;
  const candidates = candidatesOf(model, graph, new Set(blocked));
  const [worst] = candidates.toSorted((a, b) => weight(model, b) - weight(model, a));
  return worst === undefined ? undefined : inWords(model, graph, worst);
}

/** What each blocked stage runs into: through other blocked ones, over edges that hold their writer back. */
function candidatesOf(model: Model, graph: GraphWire, blocked: ReadonlySet<number>): readonly Candidate[] {
  const { outgoing } = topologyOf(graph);
  const candidates = new Map<string, Candidate>();
  for (const start of blocked) {
    const seen = new Set([start]);
    for (const stage of seen) {
      for (const edge of outgoing[stage] ?? []) {
        if (!holdsBack(model, edge)) continue;
        if (edge.to.kind === 'stage' && blocked.has(edge.to.stage)) {
          seen.add(edge.to.stage);
          continue;
        }
        const [target, output] =
          edge.to.kind === 'stage' ? [edge.to.stage, undefined] : [undefined, edge.to.name];
        const key = String(target ?? `:${output}`);
        const candidate = candidates.get(key) ?? { stage: target, output, edge, blocked: [] };
        for (const each of seen) if (!candidate.blocked.includes(each)) candidate.blocked.push(each);
        candidates.set(key, candidate);
      }
    }
  }
  return [...candidates.values()];
}

function holdsBack({ figures }: Model, edge: EdgeWire): boolean {
  if (figures === undefined || edge.overflow !== 'block') return false;
  const capacity = edgeFigure(figures.now, edge.index, 'capacity');
  return edgeFigure(figures.now, edge.index, 'depth') >= fullFrom * capacity;
}

function weight({ figures, graph }: Model, { stage, blocked }: Candidate): number {
  const worker = stage === undefined ? undefined : graph?.stages[stage]?.worker;
  const busy = stage === undefined ? 0 : sharesOf(figures, stage).busy;
  return blocked.length + busy + (worker === undefined ? 0 : workerBusy(figures, worker) / 10);
}

function inWords(model: Model, graph: GraphWire, candidate: Candidate): Bottleneck {
  const { stage: index, output, blocked, edge } = candidate;
  const stage = index === undefined ? undefined : graph.stages[index];
  const count = blocked.length === 1 ? '1 stage' : `${blocked.length} stages`;
  const full = fullness(model, edge);
  if (stage === undefined) {
    const text = `The application holds up ${count}: it takes output ${output} too slowly.`;
    const why = `${full}. Take it more often, or let the edge drop (overflow: latest).`;
    return { stage: undefined, output, blocked, text, why };
  }
  const { reason, remedy } = reasonOf(model, graph, stage);
  const text = `${stage.name} holds up ${count}: ${reason}.`;
  return { stage: stage.index, output: undefined, blocked, text, why: `${full}. ${remedy}` };
}

function fullness({ figures, graph }: Model, edge: EdgeWire): string {
  if (figures === undefined || graph === undefined) return '';
  const depth = edgeFigure(figures.now, edge.index, 'depth');
  const capacity = edgeFigure(figures.now, edge.index, 'capacity');
  const where = edge.to.kind === 'stage' ? `Its input ${edge.to.port}` : `Output ${edge.to.name}`;
  return `${where} holds ${depth} of ${capacity} messages, and nothing behind it is full`;
}

function reasonOf(model: Model, graph: GraphWire, stage: StageWire): { reason: string; remedy: string } {
  const { figures } = model;
  const { busy } = sharesOf(figures, stage.index);
  switch (healthOf(model, stage)) {
    case 'held':
      return { reason: 'you hold it', remedy: 'Resume it.' };
    case 'inactive':
      return whyInactive(model, stage);
    case 'waiting':
      return {
        reason: `it waits for ${stage.resources.join(', ')}`,
        remedy: 'Look who holds it: give the resource a larger capacity, or hold it more briefly.',
      };
    case 'restarting':
      return { reason: 'it is being restarted', remedy: 'Its inspector has the error.' };
    default:
  }
  if (busy >= busyFrom) {
    const remedy = sharesWorker(graph, stage)
      ? 'Make its handler quicker, or give it a worker of its own.'
      : 'Make its handler quicker, or split the work over several stages.';
    return { reason: `it is busy ${percent(busy)} of the time`, remedy };
  }
  const worker = workerBusy(figures, stage.worker);
  if (worker >= workerBusyFrom) {
    const where = workerName(graph, stage.worker);
    return {
      reason: `its ${where} is busy ${percent(worker)} of the time, mostly with other stages`,
      remedy: 'Move it, or those that need the time, to another worker.',
    };
  }
  return {
    reason: `it takes messages more slowly than they come (busy ${percent(busy)})`,
    remedy: 'It may wait for something outside: its inspector has the times of its handler.',
  };
}

function whyInactive(model: Model, stage: StageWire): { reason: string; remedy: string } {
  const off = offOf(model, stage);
  if (off?.by === 'event') {
    return {
      reason: `it waits for event '${off.event}', which is not set`,
      remedy: 'Set the event, or let the stage drop while it is off.',
    };
  }
  return {
    reason: `it does not run in mode ${model.figures?.mode ?? ''}`,
    remedy: 'Change the mode, or let it drop while it is inactive.',
  };
}

function sharesWorker(graph: GraphWire, { worker, index }: StageWire): boolean {
  return graph.stages.some((other) => other.worker === worker && other.index !== index);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
