import type { Viewport } from '@xyflow/react';
import { getViewportForBounds, ReactFlow, useReactFlow, useStoreApi, ViewportPortal } from '@xyflow/react';
import type { ReactElement } from 'react';
import { useEffect } from 'react';
import type { Box } from '../../../model/layered.ts';
import type { PictureNode } from '../../../model/picture.ts';
import { LinkLayer } from './link-layer.tsx';
import { FrameTitle, GroupNode, TerminalNode } from './other-nodes.tsx';
import { StageNode } from './stage-node.tsx';
import type { Drawing } from './use-picture.ts';

const noBox: Box = { x: 0, y: 0, width: 0, height: 0 };
const zoomMin = 0.1;
const zoomMax = 2;
/** A graph that would be smaller than this is shown in part. */
const readableFrom = 0.6;
const margin = 24;

/** The drawing, to be moved and zoomed. Figures change inside of it: it is made anew only with its shape. */
export function Flow(props: { readonly drawing: Drawing; readonly isLane: boolean }): ReactElement {
  const { drawing, isLane } = props;
  const { setViewport } = useReactFlow();
  const store = useStoreApi();
  useEffect(() => {
    const frame = requestAnimationFrame(() => void setViewport(beginningOf(drawing, store.getState())));
    return () => cancelAnimationFrame(frame);
  }, [drawing.shape, setViewport, store]);
  return (
    <ReactFlow
      minZoom={zoomMin}
      maxZoom={zoomMax}
      elementsSelectable={false}
      disableKeyboardA11y
      deleteKeyCode={null}
      selectionKeyCode={null}
      panActivationKeyCode={null}
      zoomOnDoubleClick={false}
      proOptions={{ hideAttribution: true }}
    >
      <LinkLayer drawing={drawing} isLane={isLane} />
      <Cards drawing={drawing} />
    </ReactFlow>
  );
}

/** Placed by us: the library moves and zooms them, and need not know them. */
function Cards({ drawing: { picture, layout } }: { readonly drawing: Drawing }): ReactElement {
  return (
    <ViewportPortal>
      {picture.frames.map((group) => (
        <FrameTitle key={group.id} group={group} box={layout.boxes.get(group.id) ?? noBox} />
      ))}
      {picture.nodes.map((node) => cardOf(node, layout.boxes.get(node.id) ?? noBox))}
    </ViewportPortal>
  );
}

function cardOf(node: PictureNode, box: Box): ReactElement {
  switch (node.kind) {
    case 'stage':
      return <StageNode key={node.id} id={node.id} stage={node.stage} box={box} />;
    case 'group':
      return <GroupNode key={node.id} id={node.id} group={node.group} box={box} />;
    case 'terminal':
      return <TerminalNode key={node.id} name={node.name} side={node.side} box={box} />;
  }
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** All of it, as large as it fits. */
export function overviewOf(drawing: Drawing, { width, height }: Size): Viewport {
  return getViewportForBounds(extentOf(drawing), width, height, zoomMin, 1.25, 0.06);
}

/** All of it; where it would be too small to be read then, from the beginning on. */
function beginningOf(drawing: Drawing, size: Size): Viewport {
  const overview = overviewOf(drawing, size);
  if (overview.zoom >= readableFrom) return overview;
  const { x, y, height } = extentOf(drawing);
  const middle = (size.height - height * readableFrom) / 2;
  return {
    x: margin - x * readableFrom,
    y: Math.max(margin, middle) - y * readableFrom,
    zoom: readableFrom,
  };
}

function extentOf({ layout }: Drawing): Box {
  const boxes = [...layout.boxes.values()];
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}
