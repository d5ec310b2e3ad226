import type { ReactElement } from 'react';
import type { Bottleneck } from '../../../model/bottleneck.ts';
import { bottleneckOf } from '../../../model/bottleneck.ts';
import type { Model } from '../../../model/model.ts';
import { Icon } from '../../icons.tsx';
import { useModel, useUrl } from '../../page.tsx';

/** Numbers in a sentence change once a second: a person is to read them. */
const sentenceMs = 1_000;

interface Sentence {
  readonly cause: Bottleneck | undefined;
  readonly atMs: number;
}

function sentenceOf(model: Model): Sentence {
  return { cause: bottleneckOf(model), atMs: model.figures?.now.elapsedMs ?? 0 };
}

function isSameSentence(one: Sentence, other: Sentence): boolean {
  if (one.cause?.text === other.cause?.text && one.cause?.why === other.cause?.why) return true;
  const isSoon = other.atMs - one.atMs < sentenceMs;
  return isSoon && one.cause?.stage === other.cause?.stage && one.cause?.output === other.cause?.output;
}

export function useCause(): Bottleneck | undefined {
  return useModel(sentenceOf, isSameSentence).cause;
}

/** Says which stage holds up the graph, and why; takes no room while nobody is blocked. */
export function CauseBanner(): ReactElement | undefined {
  const cause = useCause();
  const graph = useModel((model) => model.graph);
  const [, go] = useUrl();
  if (cause === undefined) return undefined;
  const { stage } = cause;
  const name = stage === undefined ? undefined : graph?.stages[stage]?.name;
  return (
    <aside className="banner" data-tone="blocked" aria-label="Bottleneck">
      <Icon name="blocked" />
      <p>
        <strong>{cause.text}</strong> {cause.why}
      </p>
      {name === undefined ? undefined : (
        <button type="button" onClick={() => go({ stage: name })}>
          Inspect {name}
        </button>
      )}
    </aside>
  );
}
