import type { Layout } from './layered.ts';
import type { Picture } from './picture.ts';

export type Direction = 'left' | 'right' | 'up' | 'down';

/**
 * The node next to another: to the left and right along links (where there are several, the one that lies
 * nearest in height; back links last), up and down among those that stand above and below it. Terminals are
 * passed over: they have nothing to open.
 */
export function nextTo(
  picture: Picture,
  layout: Layout,
  id: string,
  direction: Direction,
): string | undefined {
  return direction === 'left' || direction === 'right'
    ? along(picture, layout, id, direction)
    : beside(picture, layout, id, direction);
}

function along(
  { nodes, links }: Picture,
  layout: Layout,
  id: string,
  direction: 'left' | 'right',
): string | undefined {
  const ends = links
    .filter(({ from, to }) => from !== to && (direction === 'left' ? to : from) === id)
    .map(({ from, to, back }) => ({ id: direction === 'left' ? from : to, back }))
    .filter((end) => nodes.some(({ id: node, kind }) => node === end.id && kind !== 'terminal'));
  const here = middleOf(layout, id);
  const distance = (end: { readonly id: string; readonly back: boolean }): number =>
    Math.abs(middleOf(layout, end.id).y - here.y) + (end.back ? 1e6 : 0);
  return ends.toSorted((a, b) => distance(a) - distance(b))[0]?.id;
}

function beside(
  { nodes }: Picture,
  layout: Layout,
  id: string,
  direction: 'up' | 'down',
): string | undefined {
  const here = middleOf(layout, id);
  const sign = direction === 'up' ? -1 : 1;
  const distances = nodes.flatMap((node) => {
    const there = middleOf(layout, node.id);
    const down = (there.y - here.y) * sign;
    return down > 1 && node.kind !== 'terminal'
      ? [{ id: node.id, far: down + 3 * Math.abs(there.x - here.x) }]
      : [];
  });
  return distances.toSorted((a, b) => a.far - b.far)[0]?.id;
}

function middleOf({ boxes }: Layout, id: string): { readonly x: number; readonly y: number } {
  const box = boxes.get(id);
  if (box === undefined) return { x: 0, y: 0 };
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}
