import type { StageWire } from '@troupe/core/telemetry';
import { healthOf, healths } from './health.ts';
import type { Model } from './model.ts';
import { isActive } from './off.ts';
import { workerName } from './topology.ts';

/** The fields that a search can name: `tag:eeg worker:2 health:blocked mode:training fir`. */
const searchFields = ['tag', 'worker', 'health', 'mode'] as const;

/**
 * Whether a stage is one of those that a search text is for: all of its words must fit. A word without a
 * field is a part of the stage's name, or of its definition's.
 */
function matches(model: Model, stage: StageWire, search: string): boolean {
  return wordsOf(search).every((word) => fits(model, stage, word));
}

/** Indices of the stages that match; `undefined` where nothing is searched for. */
export function found(model: Model, search: string): ReadonlySet<number> | undefined {
  if (wordsOf(search).length === 0 || model.graph === undefined) return undefined;
  const hits = model.graph.stages.filter((stage) => matches(model, stage, search));
  return new Set(hits.map(({ index }) => index));
}

function wordsOf(search: string): readonly string[] {
  return search.toLowerCase().split(/\s+/).filter(Boolean);
}

function fits(model: Model, stage: StageWire, word: string): boolean {
  const colon = word.indexOf(':');
  const field = searchFields.find((name) => name === word.slice(0, Math.max(0, colon)));
  const text = word.slice(colon + 1);
  switch (field) {
    case 'tag':
      return stage.tags.some((tag) => tag.toLowerCase().includes(text));
    case 'worker':
      return isOnWorker(model, stage, text);
    case 'health':
      return healths.some((health) => health.startsWith(text)) && healthOf(model, stage).startsWith(text);
    case 'mode':
      return isActive(stage, text);
    case undefined:
      return stage.name.toLowerCase().includes(word) || stage.stage.toLowerCase().includes(word);
  }
}

function isOnWorker({ graph }: Model, { worker }: StageWire, text: string): boolean {
  if (/^\d+$/.test(text)) return worker === Number(text);
  return graph !== undefined && workerName(graph, worker).includes(text);
}
