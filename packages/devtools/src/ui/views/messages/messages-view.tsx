import type { EdgeWire, GraphWire } from '@troupe/core/telemetry';
import type { ReactElement } from 'react';
import { useState } from 'react';
import type { TappedMessage } from '../../../model/messages.ts';
import { edgeName, topologyOf } from '../../../model/topology.ts';
import { bytes, count } from '../../../model/units.ts';
import { Icon } from '../../icons.tsx';
import { useModel, useUrl, useWish } from '../../page.tsx';
import { EdgeList } from './edge-list.tsx';
import { MessageList } from './message-list.tsx';
import { MessageSheet } from './message-sheet.tsx';
import './messages.css';

const paces = [
  ['5 a second', { everyMs: 200, newest: 1 }],
  ['20 a second', { everyMs: 200, newest: 4 }],
  ['200 a second', { everyMs: 100, newest: 20 }],
  ['1 a second', { everyMs: 1_000, newest: 1 }],
] as const;

/** What flows over one edge: the one that the address names. */
export function MessagesView(): ReactElement {
  const [{ edge: name }] = useUrl();
  const graph = useModel((model) => model.graph);
  const index = graph && name !== undefined ? topologyOf(graph).edgeByName.get(name) : undefined;
  const edge = index === undefined ? undefined : graph?.edges[index];
  return (
    <section className="view messages-view" aria-label="Messages">
      <EdgeList selected={name} />
      {graph === undefined || edge === undefined ? (
        <p className="empty">
          {name === undefined
            ? 'Choose an edge to see what flows over it. Nothing is tapped until then.'
            : 'The graph has no edge of this name. Choose another one.'}
        </p>
      ) : (
        <Tap key={edge.index} graph={graph} edge={edge} />
      )}
    </section>
  );
}

function Tap({ graph, edge }: { readonly graph: GraphWire; readonly edge: EdgeWire }): ReactElement {
  const [pace, setPace] = useState(0);
  const [follows, setFollows] = useState(false);
  const [paused, setPaused] = useState<readonly TappedMessage[] | undefined>(undefined);
  const [key, setKey] = useState<number | undefined>(undefined);
  const [, wanted] = paces[pace] ?? paces[0];
  useWish({ statsMs: 500, taps: [{ edge: edge.index, ...wanted }], trace: follows });
  const tapped = useModel(({ watched }) => watched.taps.get(edge.index));
  const messages = paused ?? tapped?.messages ?? none;
  const selected = messages.find((it) => it.key === key) ?? messages.at(-1);
  return (
    <div className="tap">
      <div className="view-head">
        <h2>{edgeName(graph, edge)}</h2>
        <button
          type="button"
          aria-pressed={paused !== undefined}
          onClick={() => setPaused(paused === undefined ? messages : undefined)}
        >
          {paused === undefined ? 'Hold the list' : 'Let the list go on'}
        </button>
        <label>
          At most{' '}
          <select value={pace} onChange={(event) => setPace(Number(event.target.value))}>
            {paces.map(([text], at) => (
              <option key={text} value={at}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <Follow follows={follows} onChange={setFollows} />
        <p className="tap-counts">
          {paused === undefined ? undefined : <strong>The list is held, the run goes on. </strong>}
          {count(tapped?.came ?? 0)} shown,{' '}
          <span title="Seen by the tap, not sent to this page">{count(tapped?.skipped ?? 0)} skipped</span>
          {(tapped?.overBudget ?? 0) > 0
            ? `, of them ${count(tapped?.overBudget ?? 0)} over the budget of bytes`
            : ''}
          <span className="quiet"> · {bytes(tapped?.bytes ?? 0)} kept</span>
        </p>
      </div>
      {tapped?.problem === undefined ? undefined : (
        <p className="error-message" role="alert">
          <Icon name="failing" /> {tapped.problem}
        </p>
      )}
      {selected === undefined ? (
        <p className="empty">
          {tapped?.problem === undefined
            ? 'Nothing has come over this edge since it was tapped.'
            : 'This edge cannot be tapped.'}
        </p>
      ) : (
        <div className="tap-body">
          <MessageList
            messages={messages}
            selected={selected.key}
            hasLatency={graph.clock === 'realtime'}
            isLive={key === undefined}
            onSelect={setKey}
          />
          <MessageSheet edge={edge} message={selected.message} clock={graph.clock} follows={follows} />
        </div>
      )}
    </div>
  );
}

interface FollowProps {
  readonly follows: boolean;
  readonly onChange: (follows: boolean) => void;
}

function Follow({ follows, onChange }: FollowProps): ReactElement {
  return (
    <label>
      <input type="checkbox" checked={follows} onChange={({ target }) => onChange(target.checked)} /> Trace
      paths
    </label>
  );
}

const none: readonly TappedMessage[] = [];
