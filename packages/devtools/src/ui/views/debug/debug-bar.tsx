import type { ReactElement } from 'react';
import { hitText, holdCommand, holdText, whyNoPhase, whyNoStep } from '../../../model/holding.ts';
import { topologyOf } from '../../../model/topology.ts';
import { Icon } from '../../icons.tsx';
import { useModel, useUrl, useWish } from '../../page.tsx';
import { Action } from '../../parts/action.tsx';
import { Popover } from '../../parts/popover.tsx';
import { LintsButton } from '../lints/lints-button.tsx';
import { Breakpoints } from './breakpoints.tsx';
import './debug.css';
import { useOver } from './use-over.ts';

/** Pauses the run and leads it step by step; says what is held, and by which breakpoint. */
export function DebugBar(): ReactElement | undefined {
  const debug = useModel((model) => model.debug);
  const graph = useModel((model) => model.graph);
  const over = useOver();
  // Findings are looked for in whatever view one is.
  useWish({ statsMs: 500 });
  const [{ stage: name, isFrozen }] = useUrl();
  if (graph === undefined) return undefined;
  const index = name === undefined ? undefined : topologyOf(graph).stageByName.get(name);
  const stage = index === undefined ? undefined : graph.stages[index];
  const held = over === undefined ? holdText(debug, graph) : undefined;
  const hit = hitText(debug, graph);
  const count = debug.breakpoints.length;
  return (
    <section className="debug-bar" aria-label="Pause and step">
      <Action
        className={held === undefined ? '' : 'is-held'}
        command={holdCommand(debug)}
        label={held === undefined ? 'Pause the run' : 'Resume everything'}
        whyNot={over}
      >
        <Icon name={held === undefined ? 'pause' : 'play'} /> {held === undefined ? 'Pause' : 'Resume'}
      </Action>
      <div className="debug-steps" role="group" aria-label="Step">
        {(['message', 'tick'] as const).map((unit) => (
          <Action
            key={unit}
            command={{ do: 'step', unit, stage: stage?.name ?? '' }}
            label={stage === undefined ? `Step one ${unit}` : `Let ${stage.name} handle one ${unit}`}
            whyNot={over ?? whyNoStep(debug, stage, unit)}
            done={`${stage?.name ?? ''} has handled one ${unit}.`}
          >
            <Icon name="step" /> {unit === 'message' ? 'Message' : 'Tick'}
          </Action>
        ))}
        <Action
          command={{ do: 'stepPhase' }}
          label="Let the graph do one phase"
          whyNot={over ?? whyNoPhase(debug, graph)}
          done="One phase is done."
        >
          <Icon name="step" /> Phase
        </Action>
      </div>
      <Popover label={count === 0 ? 'Breakpoints' : `Breakpoints ${count}`} title="Breakpoints">
        <Breakpoints stage={stage} />
      </Popover>
      {held === undefined ? undefined : (
        <p className="held-word">
          <Icon name="held" /> {held}
          {isFrozen ? ', and the view is frozen' : ''}
          {hit === undefined ? '' : `. ${hit}`}
        </p>
      )}
      <div className="debug-end">
        <LintsButton />
      </div>
    </section>
  );
}
