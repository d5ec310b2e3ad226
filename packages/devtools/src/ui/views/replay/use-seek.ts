import { useRef, useState } from 'react';
import type { Replay } from '../../../model/moment.ts';
import { markBeside } from '../../../model/moment.ts';
import { usePage } from '../../page.tsx';
import { useCommand } from '../../parts/use-command.ts';

/** How a person goes from step to step of a recording. */
export interface Seek {
  /** The step that is shown, or gone to; −1 is before the first. */
  readonly step: number;
  readonly isGoing: boolean;
  readonly to: (step: number) => void;
  readonly toMark: (side: -1 | 1) => void;
}

export function useSeek({ replay, moment }: Replay): Seek {
  const perform = useCommand();
  const { announce } = usePage();
  const [wanted, setWanted] = useState<number | undefined>(undefined);
  /** Only the newest wish counts: the process is asked again when it has answered. */
  const asking = useRef<{ isBusy: boolean; next: number | undefined }>({ isBusy: false, next: undefined });
  const go = async (to: number): Promise<void> => {
    const bounded = Math.max(-1, Math.min(replay.steps - 1, to));
    setWanted(bounded);
    asking.current.next = bounded;
    if (asking.current.isBusy) return;
    asking.current.isBusy = true;
    while (asking.current.next !== undefined) {
      const target = asking.current.next;
      asking.current.next = undefined;
      await perform({ do: 'seekStep', step: target });
    }
    asking.current.isBusy = false;
    setWanted(undefined);
  };
  const step = wanted ?? moment?.step ?? -1;
  const to = (target: number): void => void go(target);
  return {
    step,
    isGoing: wanted !== undefined,
    to,
    toMark: (side) => {
      const mark = markBeside(replay, step, side);
      if (mark === undefined) announce(side === 1 ? 'There is no later mark.' : 'There is no earlier mark.');
      else to(mark);
    },
  };
}
