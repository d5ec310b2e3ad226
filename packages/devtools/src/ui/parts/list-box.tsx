import type { KeyboardEvent, ReactElement, ReactNode } from 'react';
import { useId } from 'react';
import { useWindow } from './use-window.ts';

interface ListBoxProps<Item> {
  /** What the list is of, to screen readers. */
  readonly label: string;
  readonly className: string;
  readonly items: readonly Item[];
  /** All rows are so high, pixels. */
  readonly rowPx: number;
  /** The chosen one; it need not be among the items. */
  readonly selected: number | undefined;
  readonly onSelect: (item: Item) => void;
  /** Whole numbers that tell items apart. */
  readonly keyOf: (item: Item) => number;
  readonly rowClass?: (item: Item) => string;
  readonly titleOf?: (item: Item) => string;
  /** What a row shows. */
  readonly children: (item: Item) => ReactNode;
}

const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

/** A list of any length from which one is chosen, by pointer or arrows; only the rows in sight are made. */
export function ListBox<Item>(props: ListBoxProps<Item>): ReactElement {
  const { label, className, items, rowPx, selected, onSelect, keyOf, rowClass, titleOf, children } = props;
  const id = useId();
  const { ref, first, end, before, after, onScroll, reveal } = useWindow<HTMLDivElement>(items.length, rowPx);
  const at = selected === undefined ? -1 : items.findIndex((item) => keyOf(item) === selected);
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    // The arrows are the list's own, and must not move through the graph.
    event.stopPropagation();
    const next = Math.max(0, Math.min(items.length - 1, at + step));
    const item = items[next];
    if (item === undefined) return;
    onSelect(item);
    reveal(next);
  };
  return (
    <div
      ref={ref}
      className={className}
      role="listbox"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={at === -1 ? undefined : `${id}${selected}`}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
    >
      <div role="presentation" style={{ height: before }} />
      {items.slice(first, end).map((item) => {
        const key = keyOf(item);
        return (
          <div
            key={key}
            id={`${id}${key}`}
            role="option"
            className={rowClass?.(item)}
            aria-selected={key === selected}
            title={titleOf?.(item)}
            onClick={() => onSelect(item)}
          >
            {children(item)}
          </div>
        );
      })}
      <div role="presentation" style={{ height: after }} />
    </div>
  );
}
