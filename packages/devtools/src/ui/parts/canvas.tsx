import type { ReactElement } from 'react';
import { useEffect, useLayoutEffect, useRef } from 'react';
import { inksOf } from './inks.ts';

/** What can be drawn on, in CSS pixels. */
export interface Surface {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** A colour of the token sheet, as `busy`. */
  readonly ink: (token: string) => string;
  /** Size and family, as the context has it at first. */
  readonly font: string;
}

interface CanvasProps {
  /** What is to be seen, for who does not see it. */
  readonly label: string;
  readonly className?: string;
  readonly draw: (surface: Surface) => void;
  /** Has it drawn anew, at once, with what moves outside of React; returns how that ends. */
  readonly follow?: (again: () => void) => () => void;
}

/** What changes the colours that tokens mean. */
const looks = ['(prefers-color-scheme: dark)', '(forced-colors: active)'] as const;

/** A canvas as sharp as the screen; drawn anew with each render, and when its size or its look changes. */
export function Canvas({ label, className, draw, follow }: CanvasProps): ReactElement {
  const element = useRef<HTMLCanvasElement>(null);
  const paint = useRef<(() => void) | undefined>(undefined);
  const latest = useRef(draw);
  useLayoutEffect(() => {
    const canvas = element.current;
    if (canvas === null) return undefined;
    const painter = new Painter(canvas);
    paint.current = () => painter.paint(latest.current);
    const renew = (): void => {
      painter.forgetInks();
      painter.paint(latest.current);
    };
    const sizes = new ResizeObserver(renew);
    sizes.observe(canvas);
    const queries = looks.map((look) => matchMedia(look));
    for (const query of queries) query.addEventListener('change', renew);
    return () => {
      sizes.disconnect();
      for (const query of queries) query.removeEventListener('change', renew);
    };
  }, []);
  useLayoutEffect(() => {
    latest.current = draw;
    paint.current?.();
  });
  useEffect(() => follow?.(() => paint.current?.()), [follow]);
  return <canvas ref={element} className={className} role="img" aria-label={label} />;
}

class Painter {
  readonly #canvas: HTMLCanvasElement;
  #ink: Surface['ink'];
  #font: string;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#ink = inksOf(canvas);
    this.#font = fontOf(canvas);
  }

  forgetInks(): void {
    this.#ink = inksOf(this.#canvas);
    this.#font = fontOf(this.#canvas);
  }

  paint(draw: (surface: Surface) => void): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const context = this.#canvas.getContext('2d');
    if (context === null || width === 0 || height === 0) return;
    const ratio = devicePixelRatio;
    // To set a size clears what was drawn and how, even where it is the same.
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.font = this.#font;
    draw({ context, width, height, ink: this.#ink, font: this.#font });
  }
}

function fontOf(canvas: HTMLCanvasElement): string {
  return `11px ${getComputedStyle(canvas).fontFamily}`;
}
