import type { ReactElement } from 'react';
import type { Replay } from '../../../model/moment.ts';
import { bannerOf, trustOf } from '../../../model/moment.ts';
import { Icon } from '../../icons.tsx';
import { useModel, useUrl } from '../../page.tsx';
import { useCommand } from '../../parts/use-command.ts';
import { useSeek } from './use-seek.ts';

/** Says that what is drawn below is a moment of a recording, not the run; leads through it, and back. */
export function MomentBanner(): ReactElement | undefined {
  const replay = useModel(({ watched }) => watched.replay);
  if (replay?.moment === undefined) return undefined;
  return <Banner replay={replay} />;
}

function Banner({ replay }: { readonly replay: Replay }): ReactElement {
  const [, go] = useUrl();
  const perform = useCommand();
  const { step, to } = useSeek(replay);
  const isTrusted = replay.replay.isExact && replay.moment?.divergence === undefined;
  return (
    <aside className="banner" data-tone={isTrusted ? 'accent' : 'blocked'} aria-label="Moment of a recording">
      <Icon name="rewound" />
      <p>
        <strong>{bannerOf(replay)}.</strong> {trustOf(replay)} Counts, states and depths are those of then;
        rates are not known.
      </p>
      <div className="replay-buttons" role="group" aria-label="Go to">
        <button type="button" onClick={() => to(step - 1)}>
          Step back
        </button>
        <button type="button" onClick={() => to(step + 1)}>
          Step on
        </button>
        <button type="button" onClick={() => go({ view: 'replay' })}>
          Scrubber
        </button>
      </div>
      <button
        type="button"
        onClick={() => void perform({ do: 'closeReplay' }, 'The page shows the run again.')}
      >
        Back to the run
      </button>
    </aside>
  );
}
