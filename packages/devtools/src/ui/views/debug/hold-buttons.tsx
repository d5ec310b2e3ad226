import type { StageWire } from '@troupe/core/telemetry';
import type { ReactElement } from 'react';
import { isHeld, whyNoStep } from '../../../model/holding.ts';
import { Icon } from '../../icons.tsx';
import { useModel } from '../../page.tsx';
import { Action } from '../../parts/action.tsx';
import { useOver } from './use-over.ts';

/** Pauses one stage, and lets it take single steps. */
export function HoldButtons({ stage }: { readonly stage: StageWire }): ReactElement {
  const { name, index, tick } = stage;
  const debug = useModel((model) => model.debug);
  const over = useOver();
  const held = isHeld(debug, index);
  return (
    <div className="hold-buttons" role="group" aria-label={`Pause and step ${name}`}>
      {held ? (
        <Action command={{ do: 'resume', stages: [name] }} label={`Resume ${name}`} whyNot={over}>
          <Icon name="play" /> Resume
        </Action>
      ) : (
        <Action command={{ do: 'pause', stages: [name] }} label={`Pause ${name}`} whyNot={over}>
          <Icon name="pause" /> Pause
        </Action>
      )}
      <Action
        command={{ do: 'step', unit: 'message', stage: name }}
        label={`Let ${name} handle one message`}
        whyNot={over ?? whyNoStep(debug, stage, 'message')}
        done={`${name} has handled one message.`}
      >
        <Icon name="step" /> Message
      </Action>
      {tick === undefined ? undefined : (
        <Action
          command={{ do: 'step', unit: 'tick', stage: name }}
          label={`Let ${name} handle one tick`}
          whyNot={over ?? whyNoStep(debug, stage, 'tick')}
          done={`${name} has handled one tick.`}
        >
          <Icon name="step" /> Tick
        </Action>
      )}
    </div>
  );
}
