import type { NumbersArray } from '@troupe/core/telemetry';
import type { Spread } from '../../model/frames.ts';
import { envelopeOf } from '../../model/frames.ts';
import { digits } from '../../model/units.ts';
import type { Surface } from './canvas.tsx';

export interface Line {
  readonly data: NumbersArray;
  readonly from: number;
  readonly until: number;
}

export interface Strip {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One line of numbers within a strip of the surface, on a scale from `min` to `max`. */
export function drawLine(surface: Surface, line: Line, { x, y, width, height }: Strip, spread: Spread): void {
  const { context, ink } = surface;
  const { data, from, until } = line;
  const range = spread.max - spread.min;
  const toY = (number: number): number =>
    range > 0 ? y + height - ((number - spread.min) / range) * height : y + height / 2;
  context.strokeStyle = ink('accent');
  context.lineWidth = 1.25;
  context.beginPath();
  const count = until - from;
  if (count > width * 2) {
    const { low, high } = envelopeOf(data, from, until, Math.floor(width));
    for (let column = 0; column < low.length; column += 1) {
      const [bottom, top] = [low[column] as number, high[column] as number];
      if (Number.isNaN(bottom)) continue;
      context.moveTo(x + column + 0.5, toY(bottom) + 0.5);
      context.lineTo(x + column + 0.5, toY(top) - 0.5);
    }
  } else {
    let isDown = false;
    for (let at = 0; at < count; at += 1) {
      const number = Number(data[from + at]);
      const px = count === 1 ? x + width / 2 : x + (at / (count - 1)) * width;
      // What is not a number is a gap.
      if (!Number.isFinite(number)) isDown = false;
      else if (isDown) context.lineTo(px, toY(number));
      else {
        context.moveTo(px, toY(number));
        isDown = true;
      }
    }
  }
  context.stroke();
}

/** The ends of a scale at the left of a strip, and a line for zero where it lies within. */
export function drawScale(surface: Surface, { x, y, width, height }: Strip, { min, max }: Spread): void {
  const { context, ink } = surface;
  context.fillStyle = ink('text-faint');
  context.textAlign = 'right';
  context.textBaseline = 'top';
  context.fillText(digits(max), x - 6, y);
  context.textBaseline = 'bottom';
  if (max > min) context.fillText(digits(min), x - 6, y + height);
  context.strokeStyle = ink('line');
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
  if (min < 0 && max > 0) {
    const zero = Math.round(y + height - (-min / (max - min)) * height) + 0.5;
    context.beginPath();
    context.moveTo(x, zero);
    context.lineTo(x + width, zero);
    context.stroke();
  }
}
