import { ReactFlowProvider } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import '../../style/graph.css';
import type { ReactElement } from 'react';
import { useMemo, useState } from 'react';
import { searchFor } from '../../../model/groups.ts';
import type { Lanes } from '../../../model/place.ts';
import { isDrawn } from '../../../model/picture.ts';
import { edgeName, topologyOf } from '../../../model/topology.ts';
import { useModel, usePage, useUrl, useWish } from '../../page.tsx';
import { elements } from './budget.ts';
import { cardIcons } from './card-style.ts';
import { CauseBanner, useCause } from './cause.tsx';
import { Flow } from './flow.tsx';
import { keepFromPressing, useGraphKeys } from './graph-keys.ts';
import { Legend } from './legend.tsx';
import { StageTable } from './stage-table.tsx';
import type { GraphStand } from './stand.ts';
import { StandContext } from './stand.ts';
import { LanesChoice, ZoomTools } from './tools.tsx';
import { useDrawing, useFound, usePicture } from './use-picture.ts';
import type { Drawing } from './use-picture.ts';

const none: ReadonlySet<string> = new Set();
const smallGraph = 300;

/** The graph, live; a table where it is too large to be drawn. */
export function GraphView(): ReactElement {
  const graph = useModel((model) => model.graph);
  // Of a large graph nobody can follow ten changes a second.
  useWish({ statsMs: (graph?.stages.length ?? 0) > smallGraph ? 250 : 100 });
  const [{ lanes, search }] = useUrl();
  const [folds, setFolds] = useState({ open: none, closed: none });
  const picture = usePicture({ lanes, ...folds }, search);
  const drawing = useDrawing(picture, lanes);
  if (graph === undefined) return <section className="view" aria-label="Graph" />;
  if (graph.stages.length === 0) {
    return <p className="empty">This graph has no stages.</p>;
  }
  if (picture === undefined) {
    return (
      <section className="view graph" aria-label="Graph">
        <LanesChoice lanes={lanes} />
        <p className="note">
          {graph.stages.length} stages are too many to be drawn one by one, or in groups of this kind. Group
          them by worker, by tag or by name, or find them here.
        </p>
        <StageTable />
      </section>
    );
  }
  const change = (open: ReadonlySet<string>, closed: ReadonlySet<string>): void => setFolds({ open, closed });
  return (
    <ReactFlowProvider>
      {drawing === undefined ? (
        <section className="view" aria-label="Graph" aria-busy>
          <p className="empty">Laying out {graph.stages.length} stages…</p>
        </section>
      ) : (
        <DrawnGraph drawing={drawing} lanes={lanes} folds={folds} onFold={change} />
      )}
    </ReactFlowProvider>
  );
}

interface Folds {
  readonly open: ReadonlySet<string>;
  readonly closed: ReadonlySet<string>;
}

interface DrawnProps {
  readonly drawing: Drawing;
  readonly lanes: Lanes;
  readonly folds: Folds;
  readonly onFold: (open: ReadonlySet<string>, closed: ReadonlySet<string>) => void;
}

function DrawnGraph({ drawing, lanes, folds, onFold }: DrawnProps): ReactElement | undefined {
  const graph = useModel((model) => model.graph);
  const stand = useGraphStandOf(drawing, folds, onFold);
  const onKeyDown = useGraphKeys(drawing, stand);
  const { picture, isSimple } = drawing;
  if (graph === undefined) return undefined;
  return (
    <StandContext value={stand}>
      <section className="view graph" aria-label="Graph">
        <CauseBanner />
        <LanesChoice lanes={lanes} />
        {isSimple ? (
          <p className="note">
            The layout took too long: this is a simple one. Fold some groups for a better one.
          </p>
        ) : undefined}
        {picture.folded === 0 ? undefined : (
          <p className="note">
            {graph.stages.length} stages are more than a picture has room for, so {picture.folded} groups are
            folded. Open one, search, or see all of them in the table of stages.
          </p>
        )}
        {picture.left === 0 ? undefined : (
          <p className="note">Drawn is what was searched for; {picture.left} other stages are not.</p>
        )}
        <div className="flow" style={cardIcons} onKeyDown={onKeyDown} onKeyUp={keepFromPressing}>
          <ZoomTools drawing={drawing} />
          <Flow drawing={drawing} isLane={lanes === 'lanes'} />
        </div>
        <Legend />
      </section>
    </StandContext>
  );
}

function useGraphStandOf(drawing: Drawing, folds: Folds, onFold: DrawnProps['onFold']): GraphStand {
  const graph = useModel((model) => model.graph);
  const [{ stage, edge, search, lanes }, go] = useUrl();
  const { announce } = usePage();
  const [reached, setReached] = useState<string | undefined>(undefined);
  const [reachedLink, reachLink] = useState<string | undefined>(undefined);
  const found = useFound(search);
  const cause = useCause()?.stage;
  const first = drawing.picture.nodes.find(({ kind }) => kind !== 'terminal')?.id;
  const isThere = drawing.picture.nodes.some(({ id }) => id === reached);
  return useMemo((): GraphStand => {
    const topology = graph === undefined ? undefined : topologyOf(graph);
    return {
      reached: isThere ? reached : first,
      reach: (node) => {
        setReached(node);
        reachLink(undefined);
      },
      chosen: stage === undefined ? undefined : topology?.stageByName.get(stage),
      choose: (index) => go({ stage: graph?.stages[index]?.name, edge: undefined }),
      found,
      cause,
      chosenEdge: edge === undefined ? undefined : topology?.edgeByName.get(edge),
      chooseEdge: (index) => {
        const chosen = graph?.edges[index];
        if (graph !== undefined && chosen !== undefined) go({ edge: edgeName(graph, chosen) });
      },
      reachedLink,
      reachLink,
      open: (id) => {
        const open = folds.open.union(new Set([id]));
        const closed = folds.closed.difference(new Set([id]));
        if (graph === undefined || isDrawn(graph, { lanes, open, closed, found: undefined, elements }, id)) {
          onFold(open, closed);
          return;
        }
        announce('This group has too much to be drawn: here are its stages.');
        go({ view: 'stages', search: searchFor(lanes, id) });
      },
      close: (id) => onFold(folds.open.difference(new Set([id])), folds.closed.union(new Set([id]))),
    };
  }, [
    graph,
    reached,
    reachedLink,
    isThere,
    first,
    stage,
    edge,
    found,
    cause,
    go,
    folds,
    onFold,
    lanes,
    announce,
  ]);
}
