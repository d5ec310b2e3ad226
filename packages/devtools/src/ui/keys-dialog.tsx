import type { ReactElement, RefObject } from 'react';
import { viewNames } from '../model/place.ts';
import { views } from './views/view.ts';

const keys: readonly (readonly [string, string])[] = [
  ['/', 'search: name, tag:, worker:, health:, mode:'],
  ['← →', 'go upstream, downstream'],
  ['↑ ↓', 'go to the stage above, below; from row to row'],
  ['⇧← ⇧→', 'choose an edge that enters, leaves the stage'],
  ['Enter', 'open the inspector of a stage, or a group'],
  ['Esc', 'close what is open'],
  ['Space', 'pause or resume the run (with control)'],
  ['.', 'let the chosen stage handle one message (with control)'],
  ['f', 'freeze the view: the run goes on'],
  ['?', 'show this'],
];

export function KeysDialog({
  dialog,
}: {
  readonly dialog: RefObject<HTMLDialogElement | null>;
}): ReactElement {
  return (
    <dialog ref={dialog} className="keys" aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <dl>
        {keys.map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
        {viewNames.map((name) => (
          <div key={name}>
            <dt>
              <kbd>g</kbd> <kbd>{views[name].key}</kbd>
            </dt>
            <dd>{views[name].title}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
