import { useStore, useStoreApi } from '@xyflow/react';
import type { ReactElement } from 'react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { LinkFace } from '../../../model/links.ts';
import { isSameLinkFace, linkFaceOf, linkTextOf } from '../../../model/links.ts';
import type { Model } from '../../../model/model.ts';
import type { Link, Picture } from '../../../model/picture.ts';
import { Canvas } from '../../parts/canvas.tsx';
import { useModel, usePage } from '../../page.tsx';
import type { LinkShape } from './link-drawing.ts';
import { drawLines, linkAt, shapesOf } from './link-drawing.ts';
import { useGraphStand } from './stand.ts';
import type { Drawing } from './use-picture.ts';

/**
 * The lines of the picture, on one canvas behind the cards: however many there are, the page's document grows
 * by nothing. What a line shows is said in words to who points at it, and to who comes to it by keys.
 */
export function LinkLayer(props: { readonly drawing: Drawing; readonly isLane: boolean }): ReactElement {
  const { drawing, isLane } = props;
  const { picture, layout } = drawing;
  const graph = useModel((model) => model.graph);
  const shapes = useMemo(() => (graph === undefined ? [] : shapesOf(graph, drawing)), [graph, drawing]);
  const faces = useFaces(shapes);
  const { chosenEdge, reachedLink } = useGraphStand();
  const pointed = usePointed(shapes);
  const { getState, subscribe } = useStoreApi();
  const follow = useCallback(
    (again: () => void) =>
      subscribe((now, before) => {
        if (now.transform !== before.transform) again();
      }),
    [subscribe],
  );
  const chosen = picture.links.find((link) => link.id === reachedLink || isEdge(link, chosenEdge));
  const frames = picture.frames.flatMap(({ id }) => layout.boxes.get(id) ?? []);
  const lines = { shapes, faces, frames, isLane, pointed: pointed?.link.id, chosen: chosen?.id };
  const reached = picture.links.find(({ id }) => id === reachedLink);
  return (
    <>
      <Canvas
        className="lines"
        label={`${shapes.length} lines between the cards. From a card, Shift and the arrow keys choose them.`}
        follow={follow}
        draw={(surface) => {
          const [x, y, zoom] = getState().transform;
          drawLines(surface, { x, y, zoom }, lines);
        }}
      />
      {pointed === undefined ? undefined : <LinkTip picture={picture} pointed={pointed} />}
      {reached === undefined ? undefined : <Spoken key={reached.id} picture={picture} link={reached} />}
    </>
  );
}

function isEdge({ edges }: Link, edge: number | undefined): boolean {
  return edge !== undefined && edges.length === 1 && edges[0] === edge;
}

function useFaces(shapes: readonly LinkShape[]): readonly LinkFace[] {
  // The same model is asked for more than once: by the store, and by each render.
  const facesOf = useMemo(() => {
    let last: { readonly model: Model; readonly faces: readonly LinkFace[] } | undefined;
    return (model: Model): readonly LinkFace[] => {
      if (last?.model !== model) last = { model, faces: shapes.map(({ link }) => linkFaceOf(model, link)) };
      return last.faces;
    };
  }, [shapes]);
  return useModel(
    facesOf,
    (one, other) =>
      one.length === other.length && one.every((face, at) => isSameLinkFace(face, other[at] ?? face)),
  );
}

interface Pointed {
  readonly link: Link;
  /** Where the pointer came to it, in pixels of the region. */
  readonly x: number;
  readonly y: number;
}

/** The link under the pointer; a click on one that is a single edge chooses it. */
function usePointed(shapes: readonly LinkShape[]): Pointed | undefined {
  const [pointed, point] = useState<Pointed | undefined>(undefined);
  const region = useStore(({ domNode }) => domNode);
  const { getState, subscribe } = useStoreApi();
  const { chooseEdge } = useGraphStand();
  const latest = useRef({ shapes, chooseEdge });
  useEffect(() => {
    latest.current = { shapes, chooseEdge };
  });
  useEffect(() => {
    if (region === null) return undefined;
    const find = (event: MouseEvent): Pointed | undefined => {
      const { transform } = getState();
      return pointedBy(event, region, latest.current.shapes, transform);
    };
    const move = (event: PointerEvent): void => {
      const next = event.buttons === 0 ? find(event) : undefined;
      region.toggleAttribute('data-pointing', next !== undefined);
      point((before) => (before?.link === next?.link ? before : next));
    };
    const click = (event: MouseEvent): void => {
      const { edges = [] } = find(event)?.link ?? {};
      const [edge] = edges;
      if (edge !== undefined && edges.length === 1) latest.current.chooseEdge(edge);
    };
    const leave = (): void => {
      region.removeAttribute('data-pointing');
      point(undefined);
    };
    const unsubscribe = subscribe((now, before) => {
      if (now.transform !== before.transform) leave();
    });
    region.addEventListener('pointermove', move);
    region.addEventListener('pointerleave', leave);
    region.addEventListener('click', click);
    return () => {
      unsubscribe();
      region.removeEventListener('pointermove', move);
      region.removeEventListener('pointerleave', leave);
      region.removeEventListener('click', click);
    };
  }, [region, getState, subscribe]);
  return shapes.some(({ link }) => link === pointed?.link) ? pointed : undefined;
}

function pointedBy(
  { target, clientX, clientY }: MouseEvent,
  region: Element,
  shapes: readonly LinkShape[],
  [left, top, zoom]: readonly [number, number, number],
): Pointed | undefined {
  // Cards lie above lines.
  if (!(target instanceof Element) || !target.matches('.react-flow__pane')) return undefined;
  const box = region.getBoundingClientRect();
  const [x, y] = [clientX - box.left, clientY - box.top];
  const shape = linkAt(shapes, { x: (x - left) / zoom, y: (y - top) / zoom }, zoom);
  return shape === undefined ? undefined : { link: shape.link, x, y };
}

function LinkTip({
  picture,
  pointed,
}: {
  readonly picture: Picture;
  readonly pointed: Pointed;
}): ReactElement {
  const text = useModel((model) => linkTextOf(model, picture, pointed.link));
  const isFarRight = useStore(({ width }) => pointed.x > width / 2);
  const isLow = useStore(({ height }) => pointed.y > height / 2);
  return (
    <p
      className="link-tip"
      role="tooltip"
      data-far-right={isFarRight || undefined}
      data-low={isLow || undefined}
      style={{ left: pointed.x, top: pointed.y }}
    >
      {text}
    </p>
  );
}

/** Says what a line shows, once. */
function Spoken({ picture, link }: { readonly picture: Picture; readonly link: Link }): undefined {
  const text = useModel((model) => linkTextOf(model, picture, link));
  const { announce } = usePage();
  useEffect(() => announce(text), [announce]);
  return undefined;
}
