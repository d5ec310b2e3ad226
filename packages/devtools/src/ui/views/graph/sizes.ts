import type { PictureNode } from '../../../model/picture.ts';

/** Width and height of what is drawn, in pixels; style/graph.css has the same. */
export const sizes: Readonly<
  Record<PictureNode['kind'], { readonly width: number; readonly height: number }>
> = {
  stage: { width: 152, height: 52 },
  group: { width: 208, height: 72 },
  terminal: { width: 104, height: 24 },
};
