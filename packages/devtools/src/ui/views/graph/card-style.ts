import type { CSSProperties } from 'react';
import type { Box } from '../../../model/layered.ts';
import type { IconName } from '../../icons.tsx';
import { iconMask } from '../../icons.tsx';

/** Where a card stands; its size is in style/graph.css. */
export function placedAt({ x, y }: Box): CSSProperties {
  return { transform: `translate(${x}px, ${y}px)` };
}

/** The icon before a card's note. */
export function badgeStyle(badge: IconName | undefined): CSSProperties {
  return badge === undefined ? {} : variables({ '--badge': iconMask(badge) });
}

/** The icons that cards always have, for all of them. */
export const cardIcons: CSSProperties = variables({
  '--icon-open': iconMask('open'),
  '--icon-fold': iconMask('fold'),
  '--icon-restarting': iconMask('restarting'),
});

/** Custom properties, which React sets as any other but has no types for. */
export function variables(values: Readonly<Record<`--${string}`, string | number>>): CSSProperties {
  return values;
}
