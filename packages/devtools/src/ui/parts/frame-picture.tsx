import type { NumbersWire } from '@troupe/core/telemetry';
import type { ReactElement } from 'react';
import { useState } from 'react';
import type { PictureKind } from '../../model/frames.ts';
import { heat, heatOf, imageOf, picturesOf, spreadOf } from '../../model/frames.ts';
import { count, digits } from '../../model/units.ts';
import { sizeOf } from '../../model/value-tree.ts';
import type { Surface } from './canvas.tsx';
import { Canvas } from './canvas.tsx';
import { NumberGrid } from './number-grid.tsx';
import { drawLine, drawScale } from './waveform.ts';

const names: Readonly<Record<PictureKind, string>> = {
  waveform: 'Waveform',
  channels: 'Channels',
  heatmap: 'Heat map',
  image: 'Image',
  numbers: 'Numbers',
};
const channelsMax = 32;
const scalePx = 56;

/** A frame as its shape suggests, or as one chooses; below it what the numbers span. */
export function FramePicture({ numbers }: { readonly numbers: NumbersWire }): ReactElement {
  const kinds = picturesOf(numbers);
  const [chosen, setChosen] = useState<PictureKind | undefined>(undefined);
  const kind = chosen !== undefined && kinds.includes(chosen) ? chosen : (kinds[0] ?? 'numbers');
  const spread = spreadOf(numbers.data);
  const { dtype, shape } = numbers;
  return (
    <div className="frame-picture">
      <div className="choices" role="group" aria-label="How the frame is drawn">
        {kinds.map((each) => (
          <button key={each} type="button" aria-pressed={each === kind} onClick={() => setChosen(each)}>
            {names[each]}
          </button>
        ))}
      </div>
      <Picture numbers={numbers} kind={kind} />
      <p className="frame-facts">
        {dtype}[{shape.join(' × ')}], {sizeOf(numbers)}. Least {digits(spread.min)}, greatest{' '}
        {digits(spread.max)}, mean {digits(spread.mean)}
        {spread.notFinite === 0 ? '' : `; ${count(spread.notFinite)} not finite`}.
      </p>
    </div>
  );
}

function Picture({
  numbers,
  kind,
}: {
  readonly numbers: NumbersWire;
  readonly kind: PictureKind;
}): ReactElement {
  const { shape, data } = numbers;
  const label = `${names[kind]} of ${numbers.dtype}[${shape.join(' × ')}]`;
  switch (kind) {
    case 'waveform':
      return <Canvas className="picture" label={label} draw={(surface) => drawWaveform(surface, numbers)} />;
    case 'channels':
      return (
        <Canvas className="picture tall" label={label} draw={(surface) => drawChannels(surface, numbers)} />
      );
    case 'heatmap':
      return <Canvas className="picture tall" label={label} draw={(surface) => drawHeat(surface, numbers)} />;
    case 'image': {
      const [height = 1, width = 1] = shape;
      const pixels = imageOf({ ...numbers, data });
      const draw = (surface: Surface): void => drawPixels(surface, pixels, width, height, 0);
      return <Canvas className="picture tall" label={label} draw={draw} />;
    }
    case 'numbers':
      return <NumberGrid numbers={numbers} />;
  }
}

function drawWaveform(surface: Surface, { data }: NumbersWire): void {
  const spread = spreadOf(data);
  const strip = { x: scalePx, y: 4, width: surface.width - scalePx - 4, height: surface.height - 8 };
  drawScale(surface, strip, spread);
  drawLine(surface, { data, from: 0, until: data.length }, strip, spread);
}

/** Each channel in a strip of its own, all on one scale. */
function drawChannels(surface: Surface, { data, shape }: NumbersWire): void {
  const { context, width, height, ink } = surface;
  const [channels = 1, samples = 1] = shape;
  const shown = Math.min(channels, channelsMax);
  const spread = spreadOf(data, 0, shown * samples);
  const stripHeight = (height - 4) / shown;
  for (let channel = 0; channel < shown; channel += 1) {
    const strip = {
      x: scalePx,
      y: 2 + channel * stripHeight,
      width: width - scalePx - 4,
      height: stripHeight - 2,
    };
    context.strokeStyle = ink('line');
    context.lineWidth = 1;
    context.strokeRect(strip.x + 0.5, strip.y + 0.5, strip.width - 1, Math.max(1, strip.height - 1));
    context.fillStyle = ink('text-faint');
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    if (stripHeight >= 11 || channel % 4 === 0) {
      context.fillText(String(channel), scalePx - 6, strip.y + strip.height / 2);
    }
    const from = channel * samples;
    drawLine(surface, { data, from, until: Math.min(data.length, from + samples) }, strip, spread);
  }
}

function drawHeat(surface: Surface, numbers: NumbersWire): void {
  const { context, height, ink } = surface;
  const [rows = 1, columns = 1] = numbers.shape;
  const spread = spreadOf(numbers.data);
  drawPixels(surface, heatOf(numbers, spread), columns, rows, scalePx);
  const barHeight = height - 28;
  for (let y = 0; y < barHeight; y += 1) {
    const [red, green, blue] = heat(1 - y / barHeight);
    context.fillStyle = `rgb(${red} ${green} ${blue})`;
    context.fillRect(scalePx - 18, 14 + y, 8, 1);
  }
  context.fillStyle = ink('text-faint');
  context.textAlign = 'right';
  context.textBaseline = 'top';
  context.fillText(digits(spread.max), scalePx - 10, 0);
  context.textBaseline = 'bottom';
  context.fillText(digits(spread.min), scalePx - 10, height);
}

/** Pixels as large as they fit, without smoothing: each is a number. */
function drawPixels(
  { context, width, height }: Surface,
  pixels: Uint8ClampedArray<ArrayBuffer>,
  columns: number,
  rows: number,
  left: number,
): void {
  const source = new OffscreenCanvas(columns, rows);
  source.getContext('2d')?.putImageData(new ImageData(pixels, columns, rows), 0, 0);
  const isFlat = columns > rows * 4 || rows > columns * 4;
  const scale = Math.min((width - left) / columns, height / rows);
  const [drawnWidth, drawnHeight] = isFlat ? [width - left, height] : [columns * scale, rows * scale];
  context.imageSmoothingEnabled = false;
  context.drawImage(source, left, 0, drawnWidth, drawnHeight);
}
