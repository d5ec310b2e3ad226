import type { Edge, Node, NodeTypes, EdgeTypes } from '@xyflow/react';
import { ReactFlow, useReactFlow, useStoreApi } from '@xyflow/react';
import type { GraphWire } from '@troupe/core/telemetry';
import type { ReactElement } from 'react';
import { useEffect, useMemo } from 'react';
import type { Group } from '../../../model/groups.ts';
import type { Box } from '../../../model/layered.ts';
import type { PictureNode } from '../../../model/picture.ts';
import type { LinkData } from './link-edge.tsx';
import { LinkEdge } from './link-edge.tsx';
import { FrameNode, GroupNode, TerminalNode } from './other-nodes.tsx';
import { StageNode } from './stage-node.tsx';
import type { Drawing } from './use-picture.ts';

const nodeTypes = {
  stage: StageNode,
  group: GroupNode,
  terminal: TerminalNode,
  frame: FrameNode,
} as unknown as NodeTypes;
const edgeTypes = { link: LinkEdge } as unknown as EdgeTypes;

const noBox: Box = { x: 0, y: 0, width: 0, height: 0 };
/** A graph that would be smaller than this is shown in part. */
const readableFrom = 0.6;
const margin = 24;
const fitting = { padding: 0.06, maxZoom: 1.25, minZoom: 0.2 } as const;

/** The drawing, to be moved and zoomed. Figures change inside of it: it is made anew only with its shape. */
export function Flow(props: {
  readonly graph: GraphWire;
  readonly drawing: Drawing;
  readonly isLane: boolean;
}): ReactElement {
  const { graph, drawing, isLane } = props;
  const { nodes, edges } = useMemo(() => elementsOf(graph, drawing, isLane), [graph, drawing, isLane]);
  const { fitView, getViewport, setViewport } = useReactFlow();
  const store = useStoreApi();
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      void fitView(fitting).then(() => {
        if (getViewport().zoom >= readableFrom) return;
        // Too small to be read: from the beginning on, then, rather than all at once.
        const { x, top, bottom } = extentOf(drawing);
        const middle = (store.getState().height - (bottom - top) * readableFrom) / 2;
        const y = Math.max(margin, middle) - top * readableFrom;
        return setViewport({ x: margin - x * readableFrom, y, zoom: readableFrom });
      });
    });
    return () => cancelAnimationFrame(frame);
  }, [drawing.shape, fitView, getViewport, setViewport, store]);
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      minZoom={0.1}
      maxZoom={2}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      elementsSelectable={false}
      disableKeyboardA11y
      deleteKeyCode={null}
      selectionKeyCode={null}
      panActivationKeyCode={null}
      zoomOnDoubleClick={false}
      proOptions={{ hideAttribution: true }}
    >
      <Marks />
    </ReactFlow>
  );
}

function extentOf({ layout }: Drawing): {
  readonly x: number;
  readonly top: number;
  readonly bottom: number;
} {
  const boxes = [...layout.boxes.values()];
  return {
    x: Math.min(...boxes.map((box) => box.x)),
    top: Math.min(...boxes.map((box) => box.y)),
    bottom: Math.max(...boxes.map((box) => box.y + box.height)),
  };
}

/** Arrow heads and hatches that lines and cards refer to. */
function Marks(): ReactElement {
  return (
    <svg className="marks" aria-hidden="true">
      <defs>
        {(['ring', 'fused', 'ring-full', 'fused-full'] as const).map((kind) => (
          <marker
            key={kind}
            id={`arrow-${kind}`}
            data-kind={kind}
            viewBox="0 0 10 10"
            refX="8.5"
            refY="5"
            markerWidth="10"
            markerHeight="10"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M1 1 9 5 1 9z" />
          </marker>
        ))}
        <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect className="hatch-ground" width="6" height="6" />
          <rect className="hatch-line" width="3.4" height="6" />
        </pattern>
      </defs>
    </svg>
  );
}

function elementsOf(graph: GraphWire, drawing: Drawing, isLane: boolean): { nodes: Node[]; edges: Edge[] } {
  const { picture, layout, lines } = drawing;
  const boxOf = (id: string): Box => layout.boxes.get(id) ?? noBox;
  return {
    nodes: [
      ...picture.frames.map((group) => frameElement(group, boxOf(group.id), isLane)),
      ...picture.nodes.map((node) => nodeElement(node, boxOf(node.id))),
    ],
    edges: picture.links.flatMap((link) => {
      const line = lines.get(link.id);
      if (line === undefined) return [];
      const isFused = link.edges.every((edge) => graph.edges[edge]?.transport !== 'ring');
      const data: LinkData = { link, line, isFused };
      return { id: link.id, source: link.from, target: link.to, type: 'link', data, focusable: false };
    }),
  };
}

function frameElement(group: Group, { x, y, width, height }: Box, isLane: boolean): Node {
  return {
    id: `frame:${group.id}`,
    type: 'frame',
    position: { x, y },
    width,
    height,
    zIndex: -1,
    data: { group, isLane },
  };
}

function nodeElement(node: PictureNode, { x, y, width, height }: Box): Node {
  return { id: node.id, type: node.kind, position: { x, y }, width, height, data: { ...node } };
}
