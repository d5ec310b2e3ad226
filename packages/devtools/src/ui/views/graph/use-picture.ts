import { useEffect, useMemo, useState } from 'react';
import type { LayoutTask } from '../../../model/layered.ts';
import type { Picture, PictureWish } from '../../../model/picture.ts';
import { pictureOf, shapeOf } from '../../../model/picture.ts';
import type { Lanes } from '../../../model/place.ts';
import { found } from '../../../model/search.ts';
import type { GraphLayout } from '../../layout/graph-layout.ts';
import { layoutGraph } from '../../layout/graph-layout.ts';
import { useModel } from '../../page.tsx';
import { elements } from './budget.ts';
import { sizes } from './sizes.ts';

export interface Drawing extends GraphLayout {
  readonly picture: Picture;
  /** Changes when places do. */
  readonly shape: string;
}

/** What to draw, and where; `undefined` while that is being found out. */
export function useDrawing(picture: Picture | undefined, lanes: Lanes): Drawing | undefined {
  const [drawing, setDrawing] = useState<Drawing | undefined>(undefined);
  const shape = picture === undefined ? undefined : `${lanes}\n${shapeOf(picture)}`;
  useEffect(() => {
    if (picture === undefined || shape === undefined) return undefined;
    let isWanted = true;
    void layoutGraph(taskOf(picture, lanes)).then((layout) => {
      if (isWanted) setDrawing({ ...layout, picture, shape });
    });
    return () => {
      isWanted = false;
    };
    // Places depend on the shape alone: another picture of the same shape is drawn at the same places.
  }, [shape]);
  return picture === undefined || drawing === undefined ? undefined : drawing;
}

/** What to draw; `undefined` where there is nothing, or too much. */
export function usePicture(
  wish: Omit<PictureWish, 'found' | 'elements'>,
  search: string,
): Picture | undefined {
  const graph = useModel((model) => model.graph);
  const hits = useFound(search);
  const { lanes, open, closed } = wish;
  return useMemo(
    () =>
      graph === undefined ? undefined : pictureOf(graph, { lanes, open, closed, found: hits, elements }),
    [graph, lanes, open, closed, hits],
  );
}

/** The stages that are searched for; the same set while it has the same stages. */
export function useFound(search: string): ReadonlySet<number> | undefined {
  return useModel(
    (model) => found(model, search),
    (one, other) =>
      one === other || (one?.size === other?.size && one?.isSubsetOf(other ?? new Set()) === true),
  );
}

function taskOf(picture: Picture, lanes: Lanes): LayoutTask {
  const frames = new Set(picture.frames.map(({ id }) => id));
  return {
    nodes: picture.nodes.map((node) => {
      const group = node.kind === 'group' ? node.group.id : node.group;
      return { id: node.id, ...sizes[node.kind], frame: frames.has(group) ? group : undefined };
    }),
    links: picture.links,
    frames: picture.frames,
    isInLanes: lanes === 'lanes',
  };
}
