import { useReactFlow, useStoreApi } from '@xyflow/react';
import type { ReactElement } from 'react';
import type { Lanes } from '../../../model/place.ts';
import { lanesNames } from '../../../model/place.ts';
import { Icon } from '../../icons.tsx';
import { useUrl } from '../../page.tsx';
import { overviewOf } from './flow.tsx';
import type { Drawing } from './use-picture.ts';

const titles: Readonly<Record<Lanes, string>> = {
  lanes: 'Worker lanes',
  workers: 'Worker groups',
  tags: 'Tags',
  names: 'Names',
  none: 'Ungrouped',
};

/** How stages are put together. */
export function LanesChoice({ lanes }: { readonly lanes: Lanes }): ReactElement {
  const [, go] = useUrl();
  return (
    <div className="tools">
      <fieldset className="choice">
        <legend className="sr">Put stages together by</legend>
        {lanesNames.map((each) => (
          <label key={each}>
            <input type="radio" name="lanes" checked={each === lanes} onChange={() => go({ lanes: each })} />
            <span>{titles[each]}</span>
          </label>
        ))}
      </fieldset>
    </div>
  );
}

/** How near one is. */
export function ZoomTools({ drawing }: { readonly drawing: Drawing }): ReactElement {
  const { zoomIn, zoomOut, setViewport } = useReactFlow();
  const { getState } = useStoreApi();
  return (
    <div className="zoom">
      <button type="button" aria-label="Zoom out" title="Zoom out" onClick={() => void zoomOut()}>
        <Icon name="minus" />
      </button>
      <button type="button" aria-label="Zoom in" title="Zoom in" onClick={() => void zoomIn()}>
        <Icon name="plus" />
      </button>
      <button
        type="button"
        aria-label="Show the whole graph"
        title="Show the whole graph"
        onClick={() => void setViewport(overviewOf(drawing, getState()))}
      >
        <Icon name="fit" />
      </button>
    </div>
  );
}
