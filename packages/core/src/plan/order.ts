/** Pure algorithms over graphs of numbered nodes. All are linear, and none recurses: chains may be long. */

/**
 * For each node the nodes that its edges lead to, in order of declaration; an edge given twice is listed
 * twice.
 */
export type Adjacency = readonly (readonly number[])[];

/** Builds the adjacency of `count` nodes. */
export function adjacency(count: number, links: Iterable<readonly [from: number, to: number]>): Adjacency {
  const next: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of links) next[from]?.push(to);
  return next;
}

/** What a depth-first walk finds. */
export interface Walk {
  /**
   * Reverse postorder: a topological order where there is no cycle, in which the nodes of a chain follow each
   * other.
   */
  readonly order: readonly number[];
  /**
   * One closed path (first node = last node) for each edge that leads back into the path it was found on.
   * Without these edges, each the last step of its path, there is no cycle.
   */
  readonly cycles: readonly (readonly number[])[];
}

/** Walks depth first: from nodes that no edge leads to before others, in order of their numbers. */
export function depthFirst(next: Adjacency): Walk {
  const count = next.length;
  const indegree = new Int32Array(count);
  for (const targets of next) for (const target of targets) indegree[target] = (indegree[target] ?? 0) + 1;
  const nodes = Array.from({ length: count }, (_, node) => node);
  // Roots and targets are taken last first, so that the reversed postorder has them in order of declaration.
  // Nodes on cycles that no root reaches come after all roots.
  const roots = nodes.filter((node) => indegree[node] === 0).reverse();
  const postorder: number[] = [];
  const cycles: number[][] = [];
  const state = new Uint8Array(count); // 0: not seen, 1: on the path, 2: done
  const path: number[] = [];
  const taken = new Int32Array(count);
  for (const root of [...roots, ...nodes]) {
    if (state[root] !== 0) continue;
    path.push(root);
    state[root] = 1;
    while (path.length > 0) {
      const node = path[path.length - 1] as number;
      const targets = next[node] ?? [];
      const position = targets.length - 1 - (taken[node] ?? 0);
      if (position < 0) {
        path.pop();
        state[node] = 2;
        postorder.push(node);
        continue;
      }
      taken[node] = (taken[node] ?? 0) + 1;
      const target = targets[position] as number;
      if (state[target] === 0) {
        path.push(target);
        state[target] = 1;
      } else if (state[target] === 1) {
        cycles.push([...path.slice(path.indexOf(target)), target]);
      }
    }
  }
  return { order: postorder.reverse(), cycles };
}

/**
 * For each node the number of its strongly connected component (Kosaraju): equal numbers reach each other.
 */
export function components(next: Adjacency): Int32Array {
  const previous = reversed(next);
  const component = new Int32Array(next.length).fill(-1);
  for (const root of depthFirst(next).order) {
    if (component[root] !== -1) continue;
    component[root] = root;
    const waiting = [root];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      for (const target of previous[node] ?? []) {
        if (component[target] !== -1) continue;
        component[target] = root;
        waiting.push(target);
      }
    }
  }
  return component;
}

/** For each node the number of edges to the nearest sink. Every node must reach one. */
export function distances(next: Adjacency, sinks: readonly number[]): Int32Array {
  const previous = reversed(next);
  const distance = new Int32Array(next.length).fill(-1);
  const queue = [...sinks];
  for (const sink of sinks) distance[sink] = 0;
  for (let head = 0; head < queue.length; head++) {
    const node = queue[head] as number;
    for (const source of previous[node] ?? []) {
      if (distance[source] !== -1) continue;
      distance[source] = (distance[node] ?? 0) + 1;
      queue.push(source);
    }
  }
  return distance;
}

function reversed(next: Adjacency): Adjacency {
  const previous: number[][] = Array.from({ length: next.length }, () => []);
  next.forEach((targets, from) => {
    for (const target of targets) previous[target]?.push(from);
  });
  return previous;
}
