import type { ReactElement } from 'react';
import { useRef } from 'react';
import { viewNames } from '../model/place.ts';
import { Icon } from './icons.tsx';
import { KeysDialog } from './keys-dialog.tsx';
import { Rewound, useModel, useUrl } from './page.tsx';
import { Notices, Standing } from './standing.tsx';
import { useKeys } from './use-keys.ts';
import { DebugBar } from './views/debug/debug-bar.tsx';
import { Inspector } from './views/inspector/inspector.tsx';
import { MomentBanner } from './views/replay/moment-banner.tsx';
import { views } from './views/view.ts';

/** Everything around the view: what runs, how it is, where one can go. */
export function Shell(): ReactElement {
  const [{ view, stage }, go] = useUrl();
  const search = useRef<HTMLInputElement>(null);
  const keys = useRef<HTMLDialogElement>(null);
  useKeys(search, keys);
  const hasGraph = useModel(({ graph }) => graph !== undefined);
  const { Body, showsMoments = false } = views[view];
  return (
    <div className="shell">
      <header className="bar">
        <Standing />
        <nav aria-label="Views">
          {viewNames.map((each) => (
            <button
              key={each}
              type="button"
              aria-current={each === view ? 'page' : undefined}
              onClick={() => go({ view: each })}
            >
              {views[each].title}
            </button>
          ))}
        </nav>
        <span className="bar-space" />
        <SearchBox field={search} />
        <FreezeButton />
        <button
          type="button"
          aria-label="Keys"
          title="Keys (?)"
          aria-haspopup="dialog"
          onClick={() => keys.current?.showModal()}
        >
          <Icon name="help" />
        </button>
      </header>
      {hasGraph ? <DebugBar /> : undefined}
      <Notices />
      {hasGraph && showsMoments ? <MomentBanner /> : undefined}
      {hasGraph ? (
        <main>
          {showsMoments ? (
            <Rewound>
              <Body />
            </Rewound>
          ) : (
            <Body />
          )}
          {stage === undefined ? undefined : <Inspector />}
        </main>
      ) : undefined}
      <KeysDialog dialog={keys} />
    </div>
  );
}

function SearchBox({ field }: { readonly field: React.RefObject<HTMLInputElement | null> }): ReactElement {
  const [{ search }, go] = useUrl();
  return (
    <label className="search">
      <Icon name="search" />
      <span className="sr">Search for stages</span>
      <input
        ref={field}
        type="search"
        value={search}
        placeholder="Search  /"
        title="Name, tag:eeg, worker:1, health:blocked, mode:training"
        spellCheck={false}
        onChange={({ target }) => go({ search: target.value })}
      />
    </label>
  );
}

function FreezeButton(): ReactElement {
  const [{ isFrozen }, go] = useUrl();
  return (
    <button
      type="button"
      className="freeze"
      aria-pressed={isFrozen}
      title="The picture stands still, the run goes on (f)"
      onClick={() => go({ isFrozen: !isFrozen })}
    >
      <Icon name="freeze" />
      Freeze view
    </button>
  );
}
