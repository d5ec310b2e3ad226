import type { Elements } from '../../../model/picture.ts';

/**
 * What each part of the picture takes of the page's document; a line takes nothing. Whoever gives a card one
 * element more changes its number here.
 */
export const elements: Elements = {
  /** What the library makes around a picture, the canvas of the lines, and the tip of one. */
  flow: 11,
  /** The card, its name, and its rate. */
  stage: 3,
  group: 3,
  terminal: 1,
  /** Its title; the frame is drawn with the lines. */
  frame: 1,
};
