import type { StageWire } from '@troupe/core/telemetry';
import type { KeyboardEvent, ReactElement } from 'react';
import { useLayoutEffect, useRef, useState } from 'react';
import { healthOf } from '../../../model/health.ts';
import type { Model } from '../../../model/model.ts';
import { Icon } from '../../icons.tsx';
import { useModel, useUrl } from '../../page.tsx';
import type { Column } from './columns.ts';
import { columns } from './columns.ts';
import { badgeOf } from './stage-node.tsx';

const rowHeight = 28;
/** Rows that are drawn beyond what is seen. */
const spareRows = 6;
/** Rows change places once a second: a person is to point at them. */
const orderMs = 1_000;

interface Sorting {
  /** Of a column; empty: by name. */
  readonly by: string;
  readonly isTurned: boolean;
}

/** A table of which only the rows that are seen are drawn. */
export function SortedTable({ found }: { readonly found: ReadonlySet<number> | undefined }): ReactElement {
  const [sorting, setSorting] = useState<Sorting>({ by: '', isTurned: false });
  const order = useOrder(sorting, found);
  const scroller = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 800 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const look = (): void => setSeen({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);
  const first = Math.max(0, Math.floor(seen.top / rowHeight) - spareRows);
  const end = Math.min(order.length, Math.ceil((seen.top + seen.height) / rowHeight) + spareRows);
  return (
    <section className="view" aria-label="Table of stages">
      <div className="table-scroller" ref={scroller} tabIndex={0} role="region" aria-label="Rows">
        <table aria-rowcount={order.length + 1} onKeyDown={moveByArrows}>
          <TableHead sorting={sorting} onSort={setSorting} />
          <tbody>
            <Spacer height={first * rowHeight} />
            {order.slice(first, end).map((stage, at) => (
              <StageRow key={stage} stage={stage} row={first + at} />
            ))}
            <Spacer height={(order.length - end) * rowHeight} />
          </tbody>
        </table>
        {order.length === 0 ? <p className="empty">No stage matches the search.</p> : undefined}
      </div>
    </section>
  );
}

function useOrder({ by, isTurned }: Sorting, found: ReadonlySet<number> | undefined): readonly number[] {
  const column = columns.find(({ name }) => name === by);
  const key = `${by} ${isTurned}`;
  return useModel(
    (model) => ({ order: orderOf(model, column, isTurned, found), atMs: timeOf(model), key, found }),
    (one, other) => {
      if (one.key !== other.key || one.found !== other.found || one.order.length !== other.order.length)
        return false;
      return (
        Math.abs(other.atMs - one.atMs) < orderMs || one.order.every((each, at) => each === other.order[at])
      );
    },
  ).order;
}

function timeOf({ figures }: Model): number {
  return figures?.now.elapsedMs ?? 0;
}

function orderOf(
  model: Model,
  column: Column | undefined,
  isTurned: boolean,
  found: ReadonlySet<number> | undefined,
): readonly number[] {
  const stages = (model.graph?.stages ?? []).filter(({ index }) => found?.has(index) ?? true);
  const keys = new Map(stages.map((stage) => [stage, column?.order(model, stage) ?? stage.name]));
  const sorted = stages.toSorted((a, b) => compare(keys.get(a) ?? 0, keys.get(b) ?? 0));
  return (isTurned ? sorted.toReversed() : sorted).map(({ index }) => index);
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return b - a;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}

function TableHead(props: {
  readonly sorting: Sorting;
  readonly onSort: (sorting: Sorting) => void;
}): ReactElement {
  const { sorting, onSort } = props;
  const head = (name: string, title: string, unit: string | undefined, isNumber: boolean): ReactElement => {
    const isBy = sorting.by === name;
    const isDown = isNumber !== sorting.isTurned;
    return (
      <th
        key={name}
        scope="col"
        data-number={isNumber || undefined}
        aria-sort={isBy ? (isDown ? 'descending' : 'ascending') : undefined}
      >
        <button type="button" onClick={() => onSort({ by: name, isTurned: isBy && !sorting.isTurned })}>
          {title}
          {unit === undefined ? undefined : <small> {unit}</small>}
          {isBy ? <Icon name={isDown ? 'sortDown' : 'sortUp'} /> : undefined}
        </button>
      </th>
    );
  };
  return (
    <thead>
      <tr aria-rowindex={1}>
        {head('', 'Stage', undefined, false)}
        {columns.map(({ name, title, unit, isNumber }) => head(name, title, unit, isNumber))}
      </tr>
    </thead>
  );
}

function Spacer({ height }: { readonly height: number }): ReactElement | undefined {
  if (height <= 0) return undefined;
  return (
    <tr aria-hidden="true" style={{ height }}>
      <td colSpan={columns.length + 1} />
    </tr>
  );
}

interface RowFace {
  readonly stage: StageWire | undefined;
  readonly cells: readonly string[];
  readonly badge: ReturnType<typeof badgeOf>;
}

function StageRow(props: { readonly stage: number; readonly row: number }): ReactElement | undefined {
  const [place, go] = useUrl();
  const { stage, cells, badge } = useModel(
    (model): RowFace => {
      const each = model.graph?.stages[props.stage];
      if (each === undefined) return { stage: undefined, cells: [], badge: undefined };
      return {
        stage: each,
        cells: columns.map(({ text }) => text(model, each)),
        badge: badgeOf(healthOf(model, each)),
      };
    },
    (one, other) => one.stage === other.stage && one.cells.every((cell, at) => cell === other.cells[at]),
  );
  if (stage === undefined) return undefined;
  return (
    <tr aria-rowindex={props.row + 2} data-chosen={place.stage === stage.name || undefined}>
      <th scope="row">
        <button type="button" className="row-name" onClick={() => go({ stage: stage.name })}>
          {stage.name}
        </button>
      </th>
      {columns.map(({ name, isNumber }, at) => (
        <td key={name} data-number={isNumber || undefined}>
          {name === 'health' && badge !== undefined ? <Icon name={badge} /> : undefined}
          {cells[at]}
        </td>
      ))}
    </tr>
  );
}

/** Up and down go from row to row. */
function moveByArrows(event: KeyboardEvent): void {
  const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' } as const;
  const key = event.key === 'ArrowDown' || event.key === 'ArrowUp' ? event.key : undefined;
  const row = event.target instanceof Element ? event.target.closest('tbody tr') : null;
  if (key === undefined || row === null) return;
  const next = row[step[key]]?.querySelector<HTMLElement>('.row-name');
  if (next === null || next === undefined) return;
  event.preventDefault();
  next.focus();
}
