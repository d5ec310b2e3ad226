import type { GraphWire } from '@troupe/core/telemetry';
import type { Viewport } from '@xyflow/react';
import type { Box, Point } from '../../../model/layered.ts';
import type { Head } from '../../../model/lines.ts';
import { headLength } from '../../../model/lines.ts';
import type { LinkFace } from '../../../model/links.ts';
import { isFused } from '../../../model/links.ts';
import type { Link } from '../../../model/picture.ts';
import type { Surface } from '../../parts/canvas.tsx';
import type { Drawing } from './use-picture.ts';

/** A link as it lies in the picture; the same until there is another layout. */
export interface LinkShape {
  readonly link: Link;
  readonly path: Path2D;
  readonly head: Head;
  readonly label: Point;
  readonly isFused: boolean;
}

/** What is drawn behind the cards. */
export interface Lines {
  readonly shapes: readonly LinkShape[];
  /** In the same order. */
  readonly faces: readonly LinkFace[];
  readonly frames: readonly Box[];
  readonly isLane: boolean;
  /** The link under the pointer, and the one that was chosen, by id. */
  readonly pointed: string | undefined;
  readonly chosen: string | undefined;
}

export function shapesOf(graph: GraphWire, { picture, lines }: Drawing): readonly LinkShape[] {
  return picture.links.flatMap((link) => {
    const line = lines.get(link.id);
    if (line === undefined) return [];
    const { path, head, label } = line;
    return [{ link, path: new Path2D(path), head, label, isFused: isFused(graph, link) }];
  });
}

const bandPx = 16;
const haloPx = 4;
/** From the text above a line to the one below it. */
const textGapPx = 20;

/** Lines below, then texts, then heads: no line runs through a text, and no text hides a head. */
export function drawLines(surface: Surface, view: Viewport, lines: Lines): void {
  const { context } = surface;
  context.translate(view.x, view.y);
  context.scale(view.zoom, view.zoom);
  context.lineJoin = 'round';
  drawFrames(surface, lines);
  const each = (draw: (shape: LinkShape, face: LinkFace) => void): void => {
    for (const [at, shape] of lines.shapes.entries()) {
      const face = lines.faces[at];
      if (face !== undefined) draw(shape, face);
    }
  };
  each((shape, face) => drawLine(surface, lines, shape, face));
  context.textAlign = 'center';
  each(({ label }, face) => drawTexts(surface, label, face));
  each((shape, face) => drawHead(surface, lines, shape, face));
}

function drawFrames({ context, ink }: Surface, { frames, isLane }: Lines): void {
  context.strokeStyle = ink('line');
  context.lineWidth = 1;
  for (const { x, y, width, height } of frames) {
    context.strokeRect(x + 0.5, y + 0.5, width - 1, isLane ? 0 : height - 1);
  }
}

function drawLine(surface: Surface, lines: Lines, shape: LinkShape, face: LinkFace): void {
  const { context, ink } = surface;
  const { link, path } = shape;
  if (lines.chosen === link.id) {
    context.strokeStyle = ink('accent-soft');
    context.lineWidth = bandPx;
    context.stroke(path);
  }
  context.strokeStyle = colourOf(surface, lines, shape, face);
  context.lineWidth = face.width;
  context.setLineDash(link.back ? [6, 5] : []);
  context.stroke(path);
  context.setLineDash([]);
}

function colourOf({ ink }: Surface, { chosen, pointed }: Lines, { link }: LinkShape, face: LinkFace): string {
  if (chosen === link.id || pointed === link.id) return ink('accent');
  return ink(face.isFull ? 'blocked' : 'line-strong');
}

/** Filled, or hollow where messages stay on one worker; a wide line has a wide head. */
function drawHead(surface: Surface, lines: Lines, shape: LinkShape, face: LinkFace): void {
  const { context, ink } = surface;
  const { x, y, angle } = shape.head;
  const half = Math.max(4, face.width / 2 + 1.5);
  context.strokeStyle = colourOf(surface, lines, shape, face);
  context.fillStyle = shape.isFused ? ink('ground') : context.strokeStyle;
  context.save();
  context.translate(x, y);
  context.rotate(angle);
  context.beginPath();
  context.moveTo(-headLength, -half);
  context.lineTo(0, 0);
  context.lineTo(-headLength, half);
  context.closePath();
  context.fill();
  context.lineWidth = 1;
  context.stroke();
  context.restore();
}

function drawTexts(surface: Surface, { x, y }: Point, face: LinkFace): void {
  const { label, isFull, dropped, isDropping } = face;
  drawText(surface, label, { x, y }, isFull ? 'blocked' : 'text-soft', isFull ? 600 : 400);
  if (dropped === '') return;
  drawText(surface, `▾ ${dropped}`, { x, y: y + textGapPx }, 'failed', isDropping ? 700 : 400);
}

function drawText(surface: Surface, text: string, { x, y }: Point, token: string, weight: number): void {
  const { context, ink, font } = surface;
  context.font = `${weight} ${font}`;
  context.lineWidth = haloPx;
  context.strokeStyle = ink('ground');
  context.strokeText(text, x, y);
  context.fillStyle = ink(token);
  context.fillText(text, x, y);
}

/** How far from a line, in pixels of the screen, a pointer still means it; the nearest line is meant. */
const reachesPx = [2, 5, 8] as const;

/** The link under a point of the picture. */
export function linkAt(shapes: readonly LinkShape[], { x, y }: Point, zoom: number): LinkShape | undefined {
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  if (context === null) return undefined;
  for (const reach of reachesPx) {
    context.lineWidth = (2 * reach) / Math.min(1, zoom);
    // What is drawn last lies above.
    const shape = shapes.findLast(({ path }) => context.isPointInStroke(path, x, y));
    if (shape !== undefined) return shape;
  }
  return undefined;
}
