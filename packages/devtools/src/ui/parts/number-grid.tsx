import type { NumbersWire } from '@troupe/core/telemetry';
import type { ReactElement } from 'react';
import { useMemo } from 'react';
import { exact, gridOf } from '../../model/frames.ts';
import { useWindow } from './use-window.ts';

const rowPx = 20;

/** The numbers of a frame, exactly, with the index of the first one of each row. */
export function NumberGrid({ numbers }: { readonly numbers: NumbersWire }): ReactElement {
  const grid = useMemo(() => gridOf(numbers), [numbers]);
  const { ref, first, end, before, after, onScroll } = useWindow<HTMLDivElement>(grid.rows, rowPx);
  const rows = Array.from({ length: Math.max(0, end - first) }, (_, at) => first + at);
  return (
    <div
      ref={ref}
      className={numbers.data.BYTES_PER_ELEMENT === 8 ? 'number-grid is-wide' : 'number-grid'}
      role="table"
      aria-label="Numbers of the frame"
      aria-rowcount={grid.rows}
      tabIndex={0}
      onScroll={onScroll}
    >
      <div role="rowgroup">
        <div role="presentation" style={{ height: before }} />
        {rows.map((index) => {
          const { from, until, label } = grid.row(index);
          return (
            <div key={index} className="number-row" role="row" aria-rowindex={index + 1}>
              <span role="rowheader" className="number-at">
                {label}
              </span>
              {Array.from({ length: until - from }, (_, at) => (
                <span key={at} role="cell" className="number-cell">
                  {exact(numbers.data, from + at)}
                </span>
              ))}
            </div>
          );
        })}
        <div role="presentation" style={{ height: after }} />
      </div>
    </div>
  );
}
