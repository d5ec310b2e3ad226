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

/** Arrows walk from node to node; with Shift, left and right choose among the edges of a node. */
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
    const direction = directions[key];
    if (from === undefined || direction === undefined) return;
    event.preventDefault();
    if (!shiftKey) walk(from, direction);
    else if (direction === 'left' || direction === 'right') nextEdge(drawing, stand, from, direction);
  };
}

/** The space bar pauses the run: it does not open the stage that has the focus, too. */
export function keepFromPressing(event: KeyboardEvent): void {
  const { target, key } = event;
  if (key === ' ' && target instanceof HTMLElement && target.dataset['node'] !== undefined)
    event.preventDefault();
}

/** Chooses the next of the edges that enter a node, or leave it. */
function nextEdge({ picture }: Drawing, stand: GraphStand, node: string, direction: 'left' | 'right'): void {
  const edges = picture.links
    .filter(({ from, to }) => (direction === 'left' ? to : from) === node)
    .flatMap((link) => (link.edges.length === 1 ? link.edges : []));
  const at = edges.indexOf(stand.chosenEdge ?? -1);
  const edge = edges[(at + 1) % edges.length];
  if (edge !== undefined) stand.chooseEdge(edge);
}

function isVisible(element: HTMLElement): boolean {
  const view = element.closest('.flow')?.getBoundingClientRect();
  const box = element.getBoundingClientRect();
  if (view === undefined) return true;
  return box.left >= view.left && box.right <= view.right && box.top >= view.top && box.bottom <= view.bottom;
}
