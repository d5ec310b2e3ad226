import { useReactFlow } from '@xyflow/react';
import type { KeyboardEvent } from 'react';
import type { Direction } from '../../../model/walk.ts';
import { nextTo } from '../../../model/walk.ts';
import { usePage } from '../../page.tsx';
import type { GraphStand } from './stand.ts';
import type { Drawing } from './use-picture.ts';

const directions: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

const nothingThere: Readonly<Record<Direction, string>> = {
  left: 'Nothing is upstream of it.',
  right: 'Nothing is downstream of it.',
  up: 'Nothing is above it.',
  down: 'Nothing is below it.',
};

/** Arrows walk from node to node; with Shift, left and right go through the links of a node. */
export function useGraphKeys(drawing: Drawing, stand: GraphStand): (event: KeyboardEvent) => void {
  const { announce } = usePage();
  const { setCenter, getZoom } = useReactFlow();
  const { picture, layout } = drawing;
  const walk = (from: string, direction: Direction): void => {
    const to = nextTo(picture, layout, from, direction);
    if (to === undefined) {
      announce(nothingThere[direction]);
      return;
    }
    stand.reach(to);
    const box = layout.boxes.get(to);
    const element = document.querySelector<HTMLElement>(`[data-node="${CSS.escape(to)}"]`);
    element?.focus({ preventScroll: true });
    if (box !== undefined && element !== null && !isVisible(element)) {
      void setCenter(box.x + box.width / 2, box.y + box.height / 2, { zoom: getZoom(), duration: 0 });
    }
  };
  return (event) => {
    const { target, key, shiftKey } = event;
    const from = target instanceof HTMLElement ? target.dataset['node'] : undefined;
    if (key === 'Escape') stand.reachLink(undefined);
    const direction = directions[key];
    if (from === undefined || direction === undefined) return;
    event.preventDefault();
    if (!shiftKey) walk(from, direction);
    else if (direction === 'left' || direction === 'right') nextLink(drawing, stand, from, direction);
  };
}

/** The space bar pauses the run: it does not open the stage that has the focus, too. */
export function keepFromPressing(event: KeyboardEvent): void {
  const { target, key } = event;
  if (key === ' ' && target instanceof HTMLElement && target.dataset['node'] !== undefined)
    event.preventDefault();
}

/** Goes to the next of the links that enter a node, or leave it; one that is a single edge is chosen. */
function nextLink({ picture }: Drawing, stand: GraphStand, node: string, direction: 'left' | 'right'): void {
  const links = picture.links.filter(({ from, to }) => (direction === 'left' ? to : from) === node);
  const at = links.findIndex(({ id, edges }) =>
    stand.reachedLink === undefined ? edges[0] === stand.chosenEdge : id === stand.reachedLink,
  );
  const link = links[(at + 1) % links.length];
  const [edge] = link?.edges ?? [];
  if (link === undefined || edge === undefined) return;
  stand.reachLink(link.id);
  if (link.edges.length === 1) stand.chooseEdge(edge);
}

function isVisible(element: HTMLElement): boolean {
  const view = element.closest('.flow')?.getBoundingClientRect();
  const box = element.getBoundingClientRect();
  if (view === undefined) return true;
  return box.left >= view.left && box.right <= view.right && box.top >= view.top && box.bottom <= view.bottom;
}
