import type { Command } from '@troupe/core/telemetry';
import type { RefObject } from 'react';
import { useEffect, useRef } from 'react';
import { viewNames } from '../model/place.ts';
import { useModel, usePage, useUrl } from './page.tsx';
import { views } from './views/view.ts';

/** After `g`, the letter of a view must come within so many milliseconds. */
const letterMs = 1_500;

/** The keys that work everywhere, but where a person types. */
export function useKeys(
  search: RefObject<HTMLInputElement | null>,
  keys: RefObject<HTMLDialogElement | null>,
): void {
  const actions = useActions(search, keys);
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  useEffect(() => {
    let goAt = Number.NEGATIVE_INFINITY;
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (keys.current?.open === true) return;
      const isGoing = event.timeStamp - goAt < letterMs;
      goAt = event.key === 'g' && !isGoing && !isTyping(event) ? event.timeStamp : Number.NEGATIVE_INFINITY;
      if (latest.current(event, isGoing)) event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [keys]);
}

/** Does what a key is for; false where it is for nothing here. */
type Actions = (event: KeyboardEvent, isGoing: boolean) => boolean;

function useActions(
  search: RefObject<HTMLInputElement | null>,
  keys: RefObject<HTMLDialogElement | null>,
): Actions {
  const [place, go] = useUrl();
  const { togglePause, step } = useRunKeys();
  return (event, isGoing) => {
    if (event.key === 'Escape') {
      if (event.target === search.current) search.current?.blur();
      go(place.stage === undefined ? { search: '', edge: undefined } : { stage: undefined });
      return true;
    }
    if (isTyping(event)) return false;
    if (isGoing) {
      const name = viewNames.find((each) => views[each].key === event.key);
      if (name !== undefined) go({ view: name });
      return name !== undefined;
    }
    switch (event.key) {
      case '/':
        search.current?.select();
        return true;
      case '?':
        keys.current?.showModal();
        return true;
      case 'f':
        go({ isFrozen: !place.isFrozen });
        return true;
      case '.':
        step();
        return true;
      case ' ':
        if (isPressable(event)) return false;
        togglePause();
        return true;
      default:
        return false;
    }
  };
}

function useRunKeys(): { readonly togglePause: () => void; readonly step: () => void } {
  const { perform, hasControl, announce } = usePage();
  const [{ stage }] = useUrl();
  const isHeld = useModel(({ debug }) => debug.isAllHeld);
  const done = async (command: Command, text: string): Promise<void> => {
    try {
      await perform(command);
      announce(text);
    } catch (error) {
      announce(error instanceof Error ? error.message : String(error));
    }
  };
  const isRefused = (): boolean => {
    if (!hasControl) announce('This page may only look. Start the process with control to pause and step.');
    return !hasControl;
  };
  return {
    togglePause: () => {
      if (isRefused()) return;
      if (isHeld) void done({ do: 'resume' }, 'The run goes on.');
      else void done({ do: 'pause' }, 'The run is held by you.');
    },
    step: () => {
      if (isRefused()) return;
      if (stage === undefined) announce('Choose a stage first: Enter on it.');
      else void done({ do: 'step', unit: 'message', stage }, `${stage} made one step.`);
    },
  };
}

function isTyping({ target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !['radio', 'checkbox', 'button'].includes(target.type);
  return target.isContentEditable || target.matches('textarea, select');
}

/** Whether the space bar presses what has the focus; a stage of the graph opens by Enter alone. */
function isPressable({ target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement) || target.dataset['node'] !== undefined) return false;
  return target.matches('button, a, input, summary, select, [role]');
}
