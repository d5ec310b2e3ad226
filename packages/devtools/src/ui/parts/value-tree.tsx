import type { ValueWire } from '@troupe/core/telemetry';
import type { KeyboardEvent, ReactElement } from 'react';
import { useId, useMemo, useState } from 'react';
import { rowsOf } from '../../model/value-tree.ts';
import type { TreeRow } from '../../model/value-tree.ts';
import { useWindow } from './use-window.ts';

const rowPx = 20;

interface ValueTreeProps {
  readonly value: ValueWire;
  /** What the value is. */
  readonly name: string;
}

/** A value as a tree: arrows open, close and move, as in any tree. */
export function ValueTree({ value, name }: ValueTreeProps): ReactElement {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [active, setActive] = useState('');
  const id = useId();
  const rows = useMemo(() => rowsOf(value, open, name), [value, open, name]);
  const { ref, first, end, before, after, onScroll, reveal } = useWindow<HTMLDivElement>(rows.length, rowPx);
  const at = Math.max(
    0,
    rows.findIndex(({ path }) => path === active),
  );
  const turn = ({ path, depth }: TreeRow, isOpen: boolean): void => {
    if (depth === 0) return;
    const next = new Set(open);
    if (isOpen) next.add(path);
    else next.delete(path);
    setOpen(next);
  };
  const go = (index: number): void => {
    const bounded = Math.max(0, Math.min(rows.length - 1, index));
    setActive(rows[bounded]?.path ?? '');
    reveal(bounded);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!move(event.key, rows, at, { go, turn })) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={ref}
      className="tree"
      role="tree"
      aria-label={name}
      tabIndex={0}
      aria-activedescendant={`${id}-${at}`}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
    >
      <div style={{ height: before }} />
      {rows.slice(first, end).map((row, index) => (
        <Row
          key={row.path}
          row={row}
          id={`${id}-${first + index}`}
          isActive={first + index === at}
          onPick={() => {
            setActive(row.path);
            if (row.canOpen) turn(row, !row.isOpen);
          }}
        />
      ))}
      <div style={{ height: after }} />
    </div>
  );
}

interface Moves {
  readonly go: (index: number) => void;
  readonly turn: (row: TreeRow, isOpen: boolean) => void;
}

/** Whether the key means something to a tree. */
function move(key: string, rows: readonly TreeRow[], at: number, { go, turn }: Moves): boolean {
  const row = rows[at];
  if (row === undefined) return false;
  const steps: Readonly<Record<string, () => void>> = {
    ArrowDown: () => go(at + 1),
    ArrowUp: () => go(at - 1),
    Home: () => go(0),
    End: () => go(rows.length - 1),
    Enter: () => turn(row, !row.isOpen),
    ArrowRight: () => (row.isOpen ? go(at + 1) : turn(row, row.canOpen)),
    ArrowLeft: () =>
      row.isOpen && row.depth > 0 ? turn(row, false) : go(rows.findLastIndex(isAbove(rows, at))),
  };
  const step = steps[key];
  step?.();
  return step !== undefined;
}

function isAbove(rows: readonly TreeRow[], at: number): (row: TreeRow, index: number) => boolean {
  const depth = rows[at]?.depth ?? 0;
  return (row, index) => index < at && row.depth < depth;
}

interface RowProps {
  readonly row: TreeRow;
  readonly id: string;
  readonly isActive: boolean;
  readonly onPick: () => void;
}

function Row({ row, id, isActive, onPick }: RowProps): ReactElement {
  const { depth, name, text, tone, canOpen, isOpen } = row;
  return (
    <div
      id={id}
      className="tree-row"
      role="treeitem"
      aria-level={depth + 1}
      aria-expanded={canOpen ? isOpen : undefined}
      aria-selected={isActive}
      style={{ paddingLeft: 4 + depth * 14 }}
      onClick={onPick}
    >
      <span className="tree-turn" aria-hidden="true">
        {canOpen ? (isOpen ? '▾' : '▸') : ''}
      </span>
      <span className="tree-name">{name}</span> <span className={`tree-text tone-${tone}`}>{text}</span>
    </div>
  );
}
