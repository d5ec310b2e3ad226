import type { ReactElement } from 'react';
import { useEffect, useRef } from 'react';
import { inksOf } from './inks.ts';

/** What can be drawn on, in CSS pixels. */
export interface Surface {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** A colour of the token sheet, as `busy`. */
  readonly ink: (token: string) => string;
}

interface CanvasProps {
  /** What is to be seen, for who does not see it. */
  readonly label: string;
  readonly className?: string;
  readonly draw: (surface: Surface) => void;
}

/** A canvas as sharp as the screen; drawn anew with each render, and when its size or the scheme changes. */
export function Canvas({ label, className, draw }: CanvasProps): ReactElement {
  const element = useRef<HTMLCanvasElement>(null);
  const latest = useRef(draw);
  useEffect(() => {
    latest.current = draw;
    if (element.current !== null) paint(element.current, draw);
  });
  useEffect(() => {
    const canvas = element.current;
    if (canvas === null) return undefined;
    const again = (): void => paint(canvas, latest.current);
    const sizes = new ResizeObserver(again);
    sizes.observe(canvas);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', again);
    return () => {
      sizes.disconnect();
      scheme.removeEventListener('change', again);
    };
  }, []);
  return <canvas ref={element} className={className} role="img" aria-label={label} />;
}

function paint(canvas: HTMLCanvasElement, draw: (surface: Surface) => void): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext('2d');
  if (context === null || width === 0 || height === 0) return;
  const ratio = devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const ink = inksOf(canvas);
  context.font = `11px ${getComputedStyle(canvas).fontFamily}`;
  draw({ context, width, height, ink });
}
