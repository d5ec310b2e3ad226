import type { ReactElement } from 'react';
import { viewNames } from '../model/place.ts';
import { useModel, useUrl } from './page.tsx';
import { DebugBar } from './views/debug/debug-bar.tsx';
import { Inspector } from './views/inspector/inspector.tsx';
import { views } from './views/view.ts';

/** Everything around the view: what runs, how it is, where one can go. */
export function Shell(): ReactElement {
  const [{ view, stage }, go] = useUrl();
  const name = useModel(({ graph }) => graph?.name ?? '');
  const { Body } = views[view];
  return (
    <div className="shell">
      <header className="bar">
        <h1>{name}</h1>
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
        <DebugBar />
      </header>
      <main>
        <Body />
        {stage === undefined ? undefined : <Inspector />}
      </main>
    </div>
  );
}
