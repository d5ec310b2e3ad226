import type { ReactElement } from 'react';
import { useMemo, useState } from 'react';
import { edgeName } from '../../../model/topology.ts';
import { useModel, useUrl } from '../../page.tsx';
import { useWindow } from '../../parts/use-window.ts';

const rowPx = 24;

/** All edges, to choose the one that is tapped. */
export function EdgeList({ selected }: { readonly selected: string | undefined }): ReactElement {
  const graph = useModel((model) => model.graph);
  const [text, setText] = useState('');
  const [, go] = useUrl();
  const names = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    const all = graph?.edges.map((edge) => edgeName(graph, edge)) ?? [];
    return all.filter((name) => name.toLowerCase().includes(wanted));
  }, [graph, text]);
  const { ref, first, end, before, after, onScroll, reveal } = useWindow<HTMLDivElement>(names.length, rowPx);
  const at = selected === undefined ? -1 : names.indexOf(selected);
  const move = (step: number): void => {
    const next = Math.max(0, Math.min(names.length - 1, at + step));
    const name = names[next];
    if (name === undefined) return;
    go({ edge: name });
    reveal(next);
  };
  return (
    <div className="edge-list">
      <input
        type="search"
        aria-label="Only edges with this text"
        placeholder="Find an edge"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div
        ref={ref}
        className="edge-names"
        role="listbox"
        aria-label="Edges"
        tabIndex={0}
        aria-activedescendant={at === -1 ? undefined : `edge-${at}`}
        onScroll={onScroll}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
          event.preventDefault();
          event.stopPropagation();
          move(event.key === 'ArrowDown' ? 1 : -1);
        }}
      >
        <div role="presentation" style={{ height: before }} />
        {names.slice(first, end).map((name, index) => (
          <div
            key={name}
            id={`edge-${first + index}`}
            role="option"
            aria-selected={name === selected}
            title={name}
            onClick={() => go({ edge: name })}
          >
            {name}
          </div>
        ))}
        <div role="presentation" style={{ height: after }} />
      </div>
      {names.length === 0 ? <p className="empty">No edge has this in its name.</p> : undefined}
    </div>
  );
}
