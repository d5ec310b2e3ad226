import type { StageWire } from '@troupe/core/telemetry';
import { actorStates } from '@troupe/core/telemetry';
import type { ReactElement } from 'react';
import { stageFigure } from '../../../model/figures.ts';
import { healthOf, healthText } from '../../../model/health.ts';
import { topologyOf } from '../../../model/topology.ts';
import { Icon } from '../../icons.tsx';
import { useModel, useUrl, useWish } from '../../page.tsx';
import { ValueTree } from '../../parts/value-tree.tsx';
import { HoldButtons } from '../debug/hold-buttons.tsx';
import { StageBreakpoints } from '../debug/breakpoints.tsx';
import { Facts } from './facts.tsx';
import { Inlets, Outlets } from './inlets.tsx';
import './inspector.css';
import { Latencies } from './latencies.tsx';
import { Ticking } from './ticking.tsx';
import { Trends } from './trends.tsx';
import { Letters, Failures, Restarts } from './troubles.tsx';

/** Everything of one stage: the one that the address names. */
export function Inspector(): ReactElement | undefined {
  const [{ stage: name }, go] = useUrl();
  const stage = useModel(({ graph }) => {
    const index = graph && name !== undefined ? topologyOf(graph).stageByName.get(name) : undefined;
    return index === undefined ? undefined : graph?.stages[index];
  });
  const isLoaded = useModel(({ graph }) => graph !== undefined);
  if (name === undefined || !isLoaded) return undefined;
  return (
    <aside className="inspector" aria-label={`Inspector of ${name}`}>
      <header className="inspector-head">
        <h2>{name}</h2>
        <button type="button" aria-label="Close the inspector" onClick={() => go({ stage: undefined })}>
          <Icon name="close" />
        </button>
      </header>
      {stage === undefined ? (
        <p className="empty">The graph has no stage of this name. Choose one in the graph or in the table.</p>
      ) : (
        <Body key={stage.index} stage={stage} />
      )}
    </aside>
  );
}

function Body({ stage }: { readonly stage: StageWire }): ReactElement {
  const { index, options } = stage;
  useWish({ statsMs: 250, details: [index], census: true });
  const isRewound = useModel(({ watched }) => watched.replay?.moment !== undefined);
  return (
    <div className="inspector-body">
      {isRewound ? (
        <p className="quiet inspector-note">
          This is the stage as it runs now, not as it was in the recording.
        </p>
      ) : undefined}
      <div className="inspector-state">
        <State stage={stage} />
        <HoldButtons stage={stage} />
      </div>
      <Facts stage={stage} />
      <Trends stage={index} />
      <Latencies stage={index} />
      <Inlets stage={index} />
      <Outlets stage={index} />
      {stage.tick === undefined ? undefined : <Ticking stage={stage} tick={stage.tick} />}
      <Failures stage={index} />
      <Letters stage={index} />
      <Restarts stage={index} />
      <StageBreakpoints stage={stage} />
      <section aria-label="Options">
        <h3>Options</h3>
        {options.kind === 'undefined' ? (
          <p className="empty">It has no options.</p>
        ) : (
          <ValueTree value={options} name="options" />
        )}
      </section>
    </div>
  );
}

const stateWords: Readonly<Record<string, string>> = {
  starting: 'Starting',
  running: 'Running',
  backoff: 'Waiting to be restarted',
  ended: 'Ended by itself',
  stopped: 'Stopped',
  lost: 'Lost: it is not restarted any more',
};

function State({ stage }: { readonly stage: StageWire }): ReactElement {
  const { index } = stage;
  const state = useModel(({ figures }) =>
    figures === undefined ? undefined : actorStates[stageFigure(figures.now, index, 'state')],
  );
  const off = useModel((model) =>
    healthOf(model, stage) === 'inactive' ? healthText(model, stage) : undefined,
  );
  const isHeld = useModel(({ debug }) => debug.isAllHeld || debug.held.includes(index));
  const word = isHeld
    ? 'Held by you'
    : state === 'running' && off !== undefined
      ? off.charAt(0).toUpperCase() + off.slice(1)
      : (stateWords[state ?? ''] ?? 'No figures yet');
  return (
    <p className={`state-word state-${isHeld ? 'held' : (state ?? 'starting')}`}>
      <Icon name={isHeld ? 'held' : iconOf(state, off !== undefined)} /> {word}
    </p>
  );
}

function iconOf(state: string | undefined, isInactive: boolean): Parameters<typeof Icon>[0]['name'] {
  switch (state) {
    case 'running':
      return isInactive ? 'inactive' : 'play';
    case 'backoff':
      return 'restarting';
    case 'ended':
    case 'stopped':
    case 'lost':
      return state;
    default:
      return 'starting';
  }
}
