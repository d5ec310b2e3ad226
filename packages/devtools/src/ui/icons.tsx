import type { ReactElement } from 'react';

/** Pictures of 16 by 16, in the colour of the text beside them. */
const shapes = {
  pause: 'M4 3h3v10H4zM9 3h3v10H9z',
  play: 'M4 2.5 13 8l-9 5.5z',
  step: 'M3 3l7 5-7 5zM11 3h2v10h-2z',
  freeze: 'M8 1.5v13M2.4 4.8l11.2 6.4M13.6 4.8 2.4 11.2M6.5 2.5 8 4l1.5-1.5M6.5 13.5 8 12l1.5 1.5',
  rewound: 'M3 8a5 5 0 1 0 1.6-3.7M2.5 1.5v3.2h3.2M8 5.5V8l2 1.2',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.3 10.3 14 14',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  lost: 'M8 1.8 15 14H1zM8 6v4M8 11.6v.9',
  failing: 'M8 1.8 15 14H1zM8 6v4M8 11.6v.9',
  restarting: 'M13 8a5 5 0 1 1-1.6-3.7M13.5 1.5v3.2h-3.2',
  held: 'M3 8V5.5M5.5 8V3.5M8 8V2.5M10.5 8V4M3 8c0 4 2 6 5 6s4.5-2 5.5-5l-2-1-1 1.5V8',
  starting: 'M4 2h8M4 14h8M5 2c0 4 6 4 6 12M11 2c0 4-6 4-6 12',
  stopped: 'M3.5 3.5h9v9h-9z',
  ended: 'M4 14V2l8 3.5L4 9',
  inactive: 'M11.5 10.5A5.5 5.5 0 0 1 5.5 2.6 5.6 5.6 0 1 0 13.4 10c-.6.3-1.2.5-1.9.5z',
  blocked: 'M2 8h8M6.5 4.5 10 8l-3.5 3.5M13 2.5v11',
  waiting: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 4.5V8l2.5 1.5',
  drop: 'M8 2v7M4.5 6 8 9.5 11.5 6M3 13h10',
  help: 'M5.5 6a2.5 2.5 0 1 1 3.4 2.3c-.6.3-.9.7-.9 1.4M8 12v.9',
  fit: 'M2 5.5V2h3.5M10.5 2H14v3.5M14 10.5V14h-3.5M5.5 14H2v-3.5',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  open: 'M6 3l5 5-5 5',
  fold: 'M3 6l5 5 5-5',
  sortDown: 'M4 6l4 4 4-4',
  sortUp: 'M4 10l4-4 4 4',
} as const;

export type IconName = keyof typeof shapes;

const solid: ReadonlySet<IconName> = new Set(['pause', 'play', 'step', 'stopped']);

/** Says nothing to screen readers: a text stands beside it, or its button has a name. */
export function Icon({ name }: { readonly name: IconName }): ReactElement {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" data-solid={solid.has(name) || undefined}>
      <path d={shapes[name]} />
    </svg>
  );
}

const masks = new Map<IconName, string>();

/** An icon as a value of CSS's `mask-image`: for where an element of its own would be one too many. */
export function iconMask(name: IconName): string {
  let mask = masks.get(name);
  if (mask === undefined) {
    const fill = solid.has(name) ? '#000' : 'none';
    const pen = `fill="${fill}" stroke="#000" stroke-width="1.5" stroke-linejoin="round"`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" ${pen}><path d="${shapes[name]}"/></svg>`;
    mask = `url("data:image/svg+xml,${encodeURIComponent(svg)}")`;
    masks.set(name, mask);
  }
  return mask;
}
