import type { EdgeColumn, EdgeWire } from '@troupe/core/telemetry';
import type { ReactElement, ReactNode } from 'react';
import { edgeFigure } from '../../../model/figures.ts';
import { edgeName, endName, topologyOf } from '../../../model/topology.ts';
import { count } from '../../../model/units.ts';
import { useModel, useUrl } from '../../page.tsx';
import { Duration } from '../../parts/quantity.tsx';

const dropColumns: readonly EdgeColumn[] = [
  'dropNewest',
  'dropOldest',
  'latest',
  'nonBlocking',
  'inactive',
  'discarded',
];

/** The mailboxes of a stage: what waits, for how long, and what was dropped. */
export function Inlets({ stage }: { readonly stage: number }): ReactElement {
  const edges = useModel(({ graph }) =>
    graph === undefined ? none : (topologyOf(graph).incoming[stage] ?? none),
  );
  return (
    <section aria-label="Inputs">
      <h3>Inputs</h3>
      {edges.length === 0 ? (
        <p className="empty">It has no inputs: it is a source.</p>
      ) : (
        <div className="scrolls" tabIndex={0} role="region" aria-label="Table of inputs">
          <table>
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col" className="number">
                  Waiting
                </th>
                <th scope="col" className="number">
                  Most
                </th>
                <th scope="col" className="number">
                  Oldest
                </th>
                <th scope="col" className="number">
                  Dropped
                </th>
              </tr>
            </thead>
            <tbody>
              {edges.map((edge) => (
                <Inlet key={edge.index} stage={stage} edge={edge} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

const none: readonly EdgeWire[] = [];

function Inlet({ stage, edge }: { readonly stage: number; readonly edge: EdgeWire }): ReactElement {
  const graph = useModel((model) => model.graph);
  const figures = useModel((model) => model.figures);
  const detail = useModel(({ watched }) => watched.details.get(stage));
  const figure = (column: EdgeColumn): number =>
    figures === undefined ? 0 : edgeFigure(figures.now, edge.index, column);
  const dropped = dropColumns.reduce((sum, column) => sum + figure(column), 0);
  const reasons = dropColumns.filter((column) => figure(column) > 0);
  const oldestNs = detail?.detail.inlets.find((inlet) => inlet.edge === edge.index)?.oldestNs;
  const ageNs =
    oldestNs === undefined || detail === undefined ? undefined : detail.elapsedMs * 1e6 - oldestNs;
  return (
    <tr>
      <th scope="row">
        <LookButton edge={edge}>{graph === undefined ? '' : endName(graph, edge.from)}</LookButton>
      </th>
      <td className="number">
        {count(figure('depth'))}
        <span className="unit"> / {count(figure('capacity'))}</span>
      </td>
      <td className="number">{count(figure('highWater'))}</td>
      <td className="number">
        {/* Only under the realtime clock is logical time that of the wall. */}
        {ageNs === undefined || graph?.clock !== 'realtime' ? '–' : <Duration ns={Math.max(0, ageNs)} />}
      </td>
      <td className="number" title={reasons.join(', ')}>
        {count(dropped)}
      </td>
    </tr>
  );
}

/** Where the messages of a stage go. */
export function Outlets({ stage }: { readonly stage: number }): ReactElement | undefined {
  const graph = useModel((model) => model.graph);
  const edges = graph === undefined ? none : (topologyOf(graph).outgoing[stage] ?? none);
  if (graph === undefined || edges.length === 0) return undefined;
  return (
    <section aria-label="Outputs">
      <h3>Outputs</h3>
      <ul className="outlets">
        {edges.map((edge) => (
          <li key={edge.index}>
            <LookButton edge={edge}>
              {edge.from.kind === 'stage' ? edge.from.port : ''} → {endName(graph, edge.to)}
            </LookButton>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface LookButtonProps {
  readonly edge: EdgeWire;
  readonly children: ReactNode;
}

function LookButton({ edge, children }: LookButtonProps): ReactElement {
  const [, go] = useUrl();
  const name = useModel(({ graph }) => (graph === undefined ? '' : edgeName(graph, edge)));
  return (
    <button
      type="button"
      className="link"
      title={`Messages of ${name}`}
      onClick={() => go({ view: 'messages', edge: name })}
    >
      {children}
    </button>
  );
}
