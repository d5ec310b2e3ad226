import { createContext, use } from 'react';

/** How the nodes of the picture stand to what a person does with it. */
export interface GraphStand {
  /** The node that keys move from; the only one that Tab reaches. */
  readonly reached: string | undefined;
  readonly reach: (node: string) => void;
  /** The stage that the inspector shows. */
  readonly chosen: number | undefined;
  readonly choose: (stage: number) => void;
  readonly found: ReadonlySet<number> | undefined;
  /** The stage that holds up the others. */
  readonly cause: number | undefined;
  readonly chosenEdge: number | undefined;
  readonly chooseEdge: (edge: number) => void;
  /** The link that keys have come to, by id: of several edges none is chosen. */
  readonly reachedLink: string | undefined;
  readonly reachLink: (link: string | undefined) => void;
  readonly open: (group: string) => void;
  readonly close: (group: string) => void;
}

export const StandContext = createContext<GraphStand | undefined>(undefined);

export function useGraphStand(): GraphStand {
  const stand = use(StandContext);
  if (stand === undefined) throw new Error('a part of the graph stands outside of it');
  return stand;
}

export interface Stand {
  readonly isReached: boolean;
  readonly isChosen: boolean;
  readonly isFaded: boolean;
  readonly isCause: boolean;
  readonly choose: () => void;
  readonly reach: () => void;
}

export function useStand(node: string, stage: number): Stand {
  const { reached, reach, chosen, choose, found, cause } = useGraphStand();
  return {
    isReached: reached === node,
    isChosen: chosen === stage,
    isFaded: found !== undefined && !found.has(stage),
    isCause: cause === stage,
    choose: () => choose(stage),
    reach: () => reach(node),
  };
}
