import type {
  EdgeColumn,
  EdgeWire,
  EndWire,
  GraphWire,
  StageColumn,
  StageWire,
} from '@troupe/core/telemetry';
import { actorStates } from '@troupe/core/telemetry';
import type { Snapshot } from './figures.ts';
import { edgeFigure, stageFigure } from './figures.ts';
import { edgeName, topologyOf } from './topology.ts';
import { count, duration, milliseconds, percent } from './units.ts';

/** Two looks at the figures, about a second apart, without a change of mode between them. */
export interface Round {
  readonly graph: GraphWire;
  readonly before: Snapshot;
  readonly now: Snapshot;
  readonly mode: string;
}

/** Something that was so between two looks. */
export interface Finding {
  readonly key: string;
  readonly rule: string;
  readonly stage: number | undefined;
  readonly edge: number | undefined;
  readonly what: string;
  readonly remedy: string;
  /** How long it must be so before it is said, where that is not the usual time. */
  readonly afterMs?: number;
}

/** A stage that has had fewer messages than this may still be gathering. */
const gatheringMax = 100;
/** Ticks a tick may be late or over its budget without being worth a word, of all that were due. */
const tolerated = 0.05;
const silentMs = 6_000;

/** Everything that the rules find. */
export function duty(round: Round): readonly Finding[] {
  const { graph } = round;
  return [
    ...graph.stages.flatMap((stage) => stageRules.flatMap((rule) => rule(round, stage) ?? [])),
    ...graph.edges.flatMap((edge) => edgeRules.flatMap((rule) => rule(round, edge) ?? [])),
  ];
}

type StageRule = (round: Round, stage: StageWire) => Finding | undefined;
type EdgeRule = (round: Round, edge: EdgeWire) => Finding | undefined;

const overBudget: StageRule = (round, stage) => {
  const { tick, name } = stage;
  if (tick === undefined) return undefined;
  const overruns = grown(round, stage, 'overruns');
  const ticks = overruns + grown(round, stage, 'handled');
  if (overruns === 0 || overruns < ticks * tolerated) return undefined;
  const budget = tick.budgetNs ?? (tick.hz > 0 ? 1e9 / tick.hz : undefined);
  const limit = budget === undefined ? 'its budget' : `its budget of ${duration(budget)}`;
  return {
    ...at('overBudget', stage),
    what: `${name} takes longer than ${limit}: ${ofAll(round, stage, 'overruns')} so far.`,
    remedy: 'Make the handler cheaper, tick less often, or raise the budget.',
  };
};

const neverKeepsRate: StageRule = (round, stage) => {
  const { tick, name } = stage;
  if (tick === undefined || tick.hz === 0) return undefined;
  const dropped = grown(round, stage, 'droppedTicks');
  const due = tick.hz * secondsOf(round);
  if (dropped === 0 || dropped < due * tolerated) return undefined;
  const ticks = dropped === 1 ? 'one tick was' : `${count(dropped)} ticks were`;
  const others = round.graph.stages.filter((it) => it.worker === stage.worker && it !== stage);
  const share = busyShare(round, stage);
  const why =
    share > 0.5 || others.length === 0
      ? `It is busy ${percent(share)} of the time.`
      : `Its worker ${stage.worker} also runs ${namesOf(others)}.`;
  return {
    ...at('neverKeepsRate', stage),
    what: `${name} does not keep its rate of ${tick.hz} Hz: ${ticks} dropped in the last second. ${why}`,
    remedy:
      share > 0.5
        ? 'Make the handler cheaper, or tick less often.'
        : 'Place it on a worker of its own, or tick less often.',
  };
};

const neverEmits: StageRule = (round, stage) => {
  const { now, graph } = round;
  const leads = edgesFrom(graph, stage).length > 0;
  if (!leads || !isRunning(round, stage)) return undefined;
  const received = stageFigure(now, stage.index, 'in');
  const isFed = grown(round, stage, 'in') > 0;
  if (!isFed || received < gatheringMax || stageFigure(now, stage.index, 'out') > 0) return undefined;
  return {
    ...at('neverEmits', stage),
    what: `${stage.name} has received ${count(received)} messages and has sent none.`,
    remedy: 'See whether a condition in its handler never holds, or whether it sends to another port.',
    afterMs: silentMs,
  };
};

const starves: StageRule = (round, stage) => {
  const { now, graph } = round;
  const feeds = topologyOf(graph).incoming[stage.index]?.some(({ back }) => !back) === true;
  const led = edgesFrom(graph, stage);
  if (feeds || led.length === 0 || !isRunning(round, stage)) return undefined;
  if (grown(round, stage, 'out') > 0 || grown(round, stage, 'blockedNs') > 0) return undefined;
  // One that runs on an event waits for it on purpose.
  if (stage.control !== undefined || stageFigure(now, stage.index, 'resourceWaitNs') > 0) return undefined;
  const waiting = [...new Set(led.map(({ to }) => readerName(graph, to)))];
  const hz = stage.tick?.hz ?? 0;
  const sent = stageFigure(now, stage.index, 'out');
  return {
    ...at('starves', stage),
    what: `${stage.name} sends nothing${sent > 0 ? ' any more' : ''}: ${wait(waiting)} for it.`,
    remedy: 'See whether its device, file or connection still gives data, and what its handler waits for.',
    // A slow tick may send once in three of its periods.
    afterMs: Math.max(silentMs, hz > 0 ? 3_000 / hz : 0),
  };
};

const keepsFailing: StageRule = (round, stage) => {
  const { now } = round;
  const restarts = grown(round, stage, 'restarts');
  const failed = grown(round, stage, 'failed');
  if (restarts === 0 && failed === 0) return undefined;
  const all = stageFigure(now, stage.index, 'failed');
  const calls = all === 1 ? 'one call has' : `${count(all)} calls have`;
  const anew = stageFigure(now, stage.index, 'restarts');
  const restarted = anew > 0 ? ` It was restarted ${anew === 1 ? 'once' : `${count(anew)} times`}.` : '';
  return {
    ...at('keepsFailing', stage),
    what: `${stage.name} keeps failing: ${calls} thrown.${restarted}`,
    remedy: 'Its last errors, with the message that each was handling, are in the inspector.',
  };
};

const stageRules: readonly StageRule[] = [overBudget, neverKeepsRate, neverEmits, starves, keepsFailing];

const stayedFull: EdgeRule = (round, edge) => {
  const { graph, before, now } = round;
  const capacity = edgeFigure(now, edge.index, 'capacity');
  const isFull = (snapshot: Snapshot): boolean =>
    capacity > 0 && edgeFigure(snapshot, edge.index, 'depth') >= capacity;
  if (edge.overflow !== 'block' || !isFull(before) || !isFull(now)) return undefined;
  const reader = edge.to.kind === 'stage' ? graph.stages[edge.to.stage] : undefined;
  const taken = Math.round(edgeGrown(round, edge, 'received') / secondsOf(round));
  const full = `${count(capacity)} of ${count(capacity)}`;
  const what = `${edgeName(graph, edge)} is full, ${full}: ${count(taken)} a second are taken.`;
  if (reader === undefined) {
    return {
      ...on('stayedFull', edge),
      what,
      remedy: 'Pull faster, give the output another overflow policy, or leave it out.',
    };
  }
  const share = busyShare(round, reader);
  return {
    ...on('stayedFull', edge),
    what: `${what} ${reader.name} is busy ${percent(share)} of the time.`,
    remedy:
      share > 0.8
        ? `Make ${reader.name} faster, or choose an overflow policy that passes messages over.`
        : `${reader.name} is not the cause: look at what it waits for downstream, or on its worker.`,
  };
};

const dropReasons: readonly (readonly [EdgeColumn, string])[] = [
  ['dropNewest', 'the newest, since it is full'],
  ['dropOldest', 'the oldest, since it is full'],
  ['nonBlocking', 'overtaken, since its reader does not hold the writer back'],
];

/** `latest` and the inactive drop on purpose, and are left alone. */
const keepsDropping: EdgeRule = (round, edge) => {
  const reason = dropReasons.find(([column]) => edgeGrown(round, edge, column) > 0);
  if (reason === undefined) return undefined;
  const [column, why] = reason;
  const rate = Math.max(1, Math.round(edgeGrown(round, edge, column) / secondsOf(round)));
  const all = edgeFigure(round.now, edge.index, column);
  return {
    ...on('keepsDropping', edge),
    what:
      `${edgeName(round.graph, edge)} drops ${count(rate)} messages a second (${why}): ` +
      `${count(all)} in all.`,
    remedy: 'Make its reader faster, send less often, or give the edge more capacity if it comes in bursts.',
  };
};

const edgeRules: readonly EdgeRule[] = [stayedFull, keepsDropping];

type Place = Pick<Finding, 'key' | 'rule' | 'stage' | 'edge'>;

function at(rule: string, { index }: StageWire): Place {
  return { key: `${rule} of stage ${index}`, rule, stage: index, edge: undefined };
}

function on(rule: string, { index }: EdgeWire): Place {
  return { key: `${rule} of edge ${index}`, rule, stage: undefined, edge: index };
}

function isRunning({ now, mode }: Round, { index, activeIn }: StageWire): boolean {
  const state = actorStates[stageFigure(now, index, 'state')];
  return state === 'running' && (activeIn === undefined || activeIn.includes(mode));
}

function grown({ before, now }: Round, { index }: StageWire, column: StageColumn): number {
  return Math.max(0, stageFigure(now, index, column) - stageFigure(before, index, column));
}

function edgeGrown({ before, now }: Round, { index }: EdgeWire, column: EdgeColumn): number {
  return Math.max(0, edgeFigure(now, index, column) - edgeFigure(before, index, column));
}

function busyShare(round: Round, stage: StageWire): number {
  return Math.min(1, grown(round, stage, 'busyNs') / 1e9 / secondsOf(round));
}

function secondsOf({ before, now }: Round): number {
  return Math.max(0.001, (now.elapsedMs - before.elapsedMs) / 1_000);
}

function ofAll({ now }: Round, { index }: StageWire, column: StageColumn): string {
  const all = stageFigure(now, index, column);
  return `${count(all)} ${all === 1 ? 'time' : 'times'} in ${milliseconds(now.elapsedMs)}`;
}

function edgesFrom(graph: GraphWire, { index }: StageWire): readonly EdgeWire[] {
  return topologyOf(graph).outgoing[index] ?? [];
}

function readerName({ stages }: GraphWire, end: EndWire): string {
  return end.kind === 'boundary' ? `the application (${end.name})` : (stages[end.stage]?.name ?? '');
}

function namesOf(stages: readonly StageWire[]): string {
  return list(stages.map(({ name }) => name));
}

function wait(names: readonly string[]): string {
  return `${list(names)} ${names.length === 1 ? 'waits' : 'wait'}`;
}

/** At most three by name. */
function list(names: readonly string[]): string {
  const shown = names.slice(0, 3);
  const more = names.length - shown.length;
  if (more > 0) return `${shown.join(', ')} and ${more} more`;
  return shown.length < 2 ? (shown[0] ?? '') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}
