import type { RefObject, UIEvent } from 'react';
import { useCallback, useEffect, useRef, useState } from 'react';

/** The part of a long list that is in sight, and some rows beyond it. */
export interface ListWindow<Element extends HTMLElement> {
  readonly ref: RefObject<Element | null>;
  readonly first: number;
  /** One after the last. */
  readonly end: number;
  /** Space for the rows above and below, pixels. */
  readonly before: number;
  readonly after: number;
  readonly onScroll: (event: UIEvent<Element>) => void;
  /** Scrolls no further than it takes to have a row in sight. */
  readonly reveal: (row: number) => void;
}

const beyond = 8;

/** Of `count` rows, all `rowPx` high, only those in sight are made. */
export function useWindow<Element extends HTMLElement>(count: number, rowPx: number): ListWindow<Element> {
  const ref = useRef<Element>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const sizes = new ResizeObserver(() => setHeight(element.clientHeight));
    sizes.observe(element);
    return () => sizes.disconnect();
  }, []);
  const first = Math.min(Math.max(0, Math.floor(top / rowPx) - beyond), Math.max(0, count - 1));
  const end = Math.min(count, Math.ceil((top + height) / rowPx) + beyond);
  const onScroll = useCallback((event: UIEvent<Element>) => setTop(event.currentTarget.scrollTop), []);
  const reveal = useCallback(
    (row: number): void => {
      const element = ref.current;
      if (element === null) return;
      const inSight = element.clientHeight;
      if (row * rowPx < element.scrollTop) element.scrollTop = row * rowPx;
      else if ((row + 1) * rowPx > element.scrollTop + inSight)
        element.scrollTop = (row + 1) * rowPx - inSight;
    },
    [rowPx],
  );
  return {
    ref,
    first,
    end,
    before: first * rowPx,
    after: Math.max(0, count - end) * rowPx,
    onScroll,
    reveal,
  };
}
