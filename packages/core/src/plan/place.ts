import type { Placement } from './types.ts';

/** What placement looks at. */
export interface Placeable {
  readonly placement: Placement;
  readonly io: boolean;
}

export interface Placed {
  /** For each stage its worker; 0 is main. */
  readonly workerOf: readonly number[];
  /** For each worker whether it waits with an event loop; main always does. */
  readonly io: readonly boolean[];
  /** Groups whose stages disagree about `io`. */
  readonly mixedGroups: readonly string[];
}

/**
 * Decides where each stage runs. Main is worker 0; then come the workers of `auto` stages, of groups in order
 * of appearance, and of dedicated stages. `auto` stages are split evenly over at most `workers` workers, in
 * `order` (topological, chains together), so that neighbours share a worker; the ones with `io` have workers
 * of their own unless there is only one.
 */
export function place(
  stages: readonly Placeable[],
  order: readonly number[],
  links: readonly (readonly [from: number, to: number])[],
  workers: number,
): Placed {
  const workerOf: number[] = stages.map(() => 0);
  const io: boolean[] = [true];
  const settle = (members: readonly number[]): void => {
    for (const member of members) workerOf[member] = io.length;
    io.push(members.some((member) => stages[member]?.io === true));
  };

  const autos = order.filter((stage) => stages[stage]?.placement === 'auto');
  for (const members of splitAutos(stages, autos, links, workers)) settle(members);

  const groups = new Map<string, number[]>();
  stages.forEach(({ placement }, stage) => {
    if (typeof placement !== 'object' || !('group' in placement)) return;
    const members = groups.get(placement.group);
    if (members === undefined) groups.set(placement.group, [stage]);
    else members.push(stage);
  });
  const mixedGroups: string[] = [];
  for (const [group, members] of groups) {
    settle(members);
    if (new Set(members.map((member) => stages[member]?.io)).size > 1) mixedGroups.push(group);
  }

  stages.forEach(({ placement }, stage) => {
    if (typeof placement === 'object' && 'dedicated' in placement) settle([stage]);
  });
  return { workerOf, io, mixedGroups };
}

function splitAutos(
  stages: readonly Placeable[],
  autos: readonly number[],
  links: readonly (readonly [from: number, to: number])[],
  workers: number,
): readonly (readonly number[])[] {
  const io = autos.filter((stage) => stages[stage]?.io === true);
  const compute = autos.filter((stage) => stages[stage]?.io !== true);
  if (io.length === 0 || compute.length === 0 || workers === 1) return partition(autos, links, workers);
  // Stages that wait on sockets and timers need little of a worker: they get their share rounded down, at
  // least one, and whatever the compute stages are too few to fill.
  const share = Math.max(1, Math.floor((workers * io.length) / autos.length));
  const computeWorkers = Math.min(compute.length, workers - Math.min(share, workers - 1));
  return [...partition(io, links, workers - computeWorkers), ...partition(compute, links, computeWorkers)];
}

/**
 * Cuts a sequence of nodes into `parts` runs (fewer when there are fewer nodes) of about equal length, where
 * few links cross. Each cut may move from its even place by a quarter of a run, so a run is at most half as
 * long again as an even one. Linear in nodes and links.
 */
export function partition(
  sequence: readonly number[],
  links: readonly (readonly [from: number, to: number])[],
  parts: number,
): readonly (readonly number[])[] {
  const length = sequence.length;
  const count = Math.min(parts, length);
  if (count === 0) return [];
  const crossings = crossingsBefore(sequence, links);
  const slack = Math.floor(length / (4 * count));
  const cuts: number[] = [0];
  for (let part = 1; part < count; part++) {
    const even = Math.round((part * length) / count);
    let cut = even;
    // Nearer to even first, so that only a strictly better place moves the cut.
    for (let shift = 1; shift <= slack; shift++) {
      for (const candidate of [even - shift, even + shift]) {
        if ((crossings[candidate] ?? 0) < (crossings[cut] ?? 0)) cut = candidate;
      }
    }
    cuts.push(cut);
  }
  return cuts.map((cut, part) => sequence.slice(cut, cuts[part + 1] ?? length));
}

/** For each position of a sequence the number of links that a cut right before it would sever. */
function crossingsBefore(
  sequence: readonly number[],
  links: readonly (readonly [from: number, to: number])[],
): Int32Array {
  const positionOf = new Map(sequence.map((node, position) => [node, position]));
  const crossings = new Int32Array(sequence.length + 1);
  for (const [from, to] of links) {
    const a = positionOf.get(from);
    const b = positionOf.get(to);
    if (a === undefined || b === undefined || a === b) continue;
    // Raised after the first end, lowered after the second; the running sum below spreads it over all
    // between.
    const first = Math.min(a, b) + 1;
    const last = Math.max(a, b) + 1;
    crossings[first] = (crossings[first] ?? 0) + 1;
    crossings[last] = (crossings[last] ?? 0) - 1;
  }
  for (let i = 1; i < crossings.length; i++) crossings[i] = (crossings[i] ?? 0) + (crossings[i - 1] ?? 0);
  return crossings;
}
