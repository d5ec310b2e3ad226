import type { ReactElement } from 'react';
import { useMemo, useState } from 'react';
import { edgeName } from '../../../model/topology.ts';
import { useModel, useUrl } from '../../page.tsx';
import { ListBox } from '../../parts/list-box.tsx';

const rowPx = 24;

/** All edges, to choose the one that is tapped. */
export function EdgeList({ selected }: { readonly selected: string | undefined }): ReactElement {
  const graph = useModel((model) => model.graph);
  const [text, setText] = useState('');
  const [, go] = useUrl();
  const edges = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    const all = graph?.edges.map((edge) => ({ index: edge.index, name: edgeName(graph, edge) })) ?? [];
    return all.filter(({ name }) => name.toLowerCase().includes(wanted));
  }, [graph, text]);
  return (
    <div className="edge-list">
      <input
        type="search"
        aria-label="Only edges with this text"
        placeholder="Find an edge"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <ListBox
        label="Edges"
        className="edge-names"
        items={edges}
        rowPx={rowPx}
        selected={edges.find(({ name }) => name === selected)?.index}
        onSelect={({ name }) => go({ edge: name })}
        keyOf={({ index }) => index}
        titleOf={({ name }) => name}
      >
        {({ name }) => name}
      </ListBox>
      {edges.length === 0 ? <p className="empty">No edge has this in its name.</p> : undefined}
    </div>
  );
}
