import type { GraphWire, StageWire } from '@troupe/core/telemetry';
import type { Lanes } from './place.ts';
import { workerName } from './topology.ts';

export interface Group {
  /** Stands for it in addresses and elements. */
  readonly id: string;
  readonly title: string;
  readonly stages: readonly number[];
}

/** The stages of a graph put together: every stage is in one group. */
export function groupsOf(graph: GraphWire, by: Lanes): readonly Group[] {
  const groups = new Map<string, { readonly title: string; readonly stages: number[] }>();
  // Lanes stand in the order of the workers, not in that of the stages.
  if (by === 'lanes' || by === 'workers') {
    for (const { index } of graph.workers) {
      groups.set(String(index), { title: workerName(graph, index), stages: [] });
    }
  }
  for (const stage of graph.stages) {
    const { id, title } = groupOf(graph, stage, by);
    const group = groups.get(id) ?? { title, stages: [] };
    group.stages.push(stage.index);
    groups.set(id, group);
  }
  return [...groups]
    .filter(([, { stages }]) => stages.length > 0)
    .map(([id, { title, stages }]) => ({ id: `${by}:${id}`, title, stages }));
}

/** The text that the stages of a group are found by. */
export function searchFor(by: Lanes, group: string): string {
  const id = group.slice(by.length + 1);
  switch (by) {
    case 'lanes':
    case 'workers':
      return `worker:${id}`;
    case 'tags':
      return id === '' ? '' : `tag:${id}`;
    case 'names':
      return id;
    case 'none':
      return '';
  }
}

function groupOf(
  graph: GraphWire,
  stage: StageWire,
  by: Lanes,
): { readonly id: string; readonly title: string } {
  switch (by) {
    case 'lanes':
    case 'workers':
      return { id: String(stage.worker), title: workerName(graph, stage.worker) };
    case 'tags': {
      const tag = stage.tags[0];
      return tag === undefined ? { id: '', title: 'no tag' } : { id: tag, title: tag };
    }
    case 'names': {
      const end = stage.name.search(/[/.]/);
      const prefix = end > 0 ? stage.name.slice(0, end) : '';
      return { id: prefix, title: prefix === '' ? 'others' : prefix };
    }
    case 'none':
      return { id: '', title: graph.name };
  }
}
