import type { Activity } from './activity.ts';
import { isActiveIn } from '../modes/gate-state.ts';
import type { ResolvedEdge } from './edges.ts';
import { defaultModes, modesText, readMachine } from './machine.ts';
import type { ModeGraph } from './machine.ts';
import { list, show } from './problems.ts';
import type { Problems } from './problems.ts';
import { isMs, timerMsMax } from './settings.ts';
import type { ResolvedStage } from './stages.ts';
import type { CompileOptions } from './types.ts';

/** Checks the machine, and every stage against its modes. */
export function resolveModes(
  problems: Problems,
  { modes = {} }: CompileOptions,
  stages: readonly ResolvedStage[],
): ModeGraph {
  const { machine, graceMs } = modes;
  if (graceMs !== undefined && !isMs(graceMs, 1)) {
    const message = `modes.graceMs is ${show(graceMs)}`;
    problems.error('BAD_GRACE', {}, message, `Give milliseconds from 1 to ${timerMsMax}.`);
  }
  const graph = machine === undefined ? defaultModes : readMachine(problems, machine);
  if (graph === undefined) return defaultModes;
  for (const { name, activity } of stages) {
    const unknown = (activity.activeIn ?? []).filter((mode) => !graph.names.includes(mode));
    for (const mode of unknown) {
      const message = `it is active in '${mode}', which is no mode`;
      problems.error('UNKNOWN_MODE', { stage: name }, message, `The modes are ${modesText(graph)}.`);
    }
    if (unknown.length === 0) checkReturn(problems, name, activity, graph);
  }
  return graph;
}

/** Some mode leads to no mode in which the stage runs. */
function checkReturn(problems: Problems, stage: string, { activeIn }: Activity, graph: ModeGraph): void {
  if (activeIn === undefined) return;
  const traps = graph.names.filter(
    (mode) => !activeIn.some((active) => graph.reach.get(mode)?.has(active) === true),
  );
  const reached = traps.filter((mode) => graph.reach.get(graph.initial)?.has(mode) === true);
  if (reached.length === 0) return;
  const message = `once the mode is ${list(reached)}, it never runs again`;
  const remedy = `Give ${list(reached)} a transition that leads to ${list(activeIn)}.`;
  problems.warn('STOPPED_FOR_EVER', { stage }, message, remedy);
}

/** Warns of mailboxes that hold what a source goes on to send. */
export function checkHolds(
  problems: Problems,
  stages: readonly ResolvedStage[],
  edges: readonly ResolvedEdge[],
  { names }: ModeGraph,
  isTicking: (stage: number) => boolean,
): void {
  for (const { index, name, activity } of stages) {
    const isGated = activity.activeIn !== undefined || activity.isSwitched;
    if (!isGated || activity.whileInactive !== 'hold') continue;
    // An event can switch it off in every mode.
    const inactive = names.filter((mode) => activity.isSwitched || !isActiveIn(activity.activeIn, mode));
    const source = liveSourceOf(index, stages, edges, inactive, isTicking);
    if (source === undefined) continue;
    const message = `it holds what '${source}' sends while it is not active, and so holds that back`;
    const remedy = `Use 'drop', 'latest' or an edge that does not block, or give '${source}' the same modes.`;
    problems.warn('HOLD_BEHIND_SOURCE', { stage: name }, message, remedy);
  }
}

/** A stage that emits by itself in one of the modes and cannot but wait for this one. */
function liveSourceOf(
  held: number,
  stages: readonly ResolvedStage[],
  edges: readonly ResolvedEdge[],
  inactive: readonly string[],
  isTicking: (stage: number) => boolean,
): string | undefined {
  const reached = new Set([held]);
  // A set that grows while it is iterated is iterated to its end.
  for (const at of reached) {
    const stage = stages[at];
    if (stage !== undefined && at !== held) {
      // It never runs while the held stage does not: what it does with its own mailboxes is its own matter.
      if (!inactive.some((mode) => isActiveIn(stage.activity.activeIn, mode))) continue;
      const isFed = edges.some(({ to, back }) => !back && to.kind === 'actor' && to.actor === at);
      if (!isFed || isTicking(at)) return stage.name;
    }
    for (const { from, to, overflow } of edges) {
      if (to.kind !== 'actor' || to.actor !== at || from.kind !== 'actor') continue;
      if (overflow === 'block') reached.add(from.actor);
    }
  }
  return undefined;
}
