import type { ElkNode } from 'elkjs/lib/elk-api.js';
import type { ReactElement } from 'react';
import { useEffect, useState } from 'react';
import type { Statechart } from '../../../model/statechart.ts';
import { lastChange } from '../../../model/statechart.ts';
import { layoutByElk } from '../../layout/elk.ts';
import { useModel } from '../../page.tsx';

const deadlineMs = 3_000;
const node = { height: 34, letter: 8, pad: 28 };
const label = { height: 14, letter: 6.2 };

/** The statechart: modes, what leads from one to the other, the mode of now, and the change made last. */
export function Chart({ chart, mode }: { readonly chart: Statechart; readonly mode: string }): ReactElement {
  const [laidOut, setLaidOut] = useState<ElkNode | 'failed' | undefined>(undefined);
  const last = useModel(({ watched }) => lastChange(watched.log)?.arrow);
  useEffect(() => {
    let isWanted = true;
    void layoutByElk(elkChart(chart), deadlineMs).then((root) => {
      if (isWanted) setLaidOut(root ?? 'failed');
    });
    return () => {
      isWanted = false;
    };
  }, [chart]);
  if (laidOut === undefined) return <p className="empty chart">Laying out the statechart.</p>;
  if (laidOut === 'failed') return <Listed chart={chart} />;
  const { width = 0, height = 0 } = laidOut;
  const description = chart.arrows
    .map(({ from, to, labels }) => `${from} to ${to}: ${labels.join(', ')}`)
    .join('; ');
  return (
    <div className="chart scrolls" tabIndex={0} role="region" aria-label="Statechart">
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`Statechart. Now in ${mode}. ${description}`}
      >
        <defs>
          {['line-strong', 'accent'].map((ink) => (
            <marker
              key={ink}
              id={`arrow-${ink}`}
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerUnits="userSpaceOnUse"
              markerWidth="8"
              markerHeight="8"
              orient="auto"
            >
              <path d="M0 1 7 4 0 7z" className={`fill-${ink}`} />
            </marker>
          ))}
        </defs>
        {laidOut.edges?.map((edge) => (
          <Arrow key={edge.id} edge={edge} isLast={edge.id === last} isRefused={isRefused(chart, edge.id)} />
        ))}
        {laidOut.children?.map(({ id, x = 0, y = 0, width: boxWidth = 0, height: boxHeight = 0 }) => (
          <g key={id} className={id === mode ? 'mode is-now' : 'mode'}>
            <rect x={x} y={y} width={boxWidth} height={boxHeight} rx={2} />
            <text x={x + boxWidth / 2} y={y + boxHeight / 2}>
              {id}
            </text>
            {id === chart.initial ? <circle cx={x + 9} cy={y + boxHeight / 2} r={3} /> : undefined}
          </g>
        ))}
      </svg>
    </div>
  );
}

type ElkEdge = NonNullable<ElkNode['edges']>[number];

function isRefused(chart: Statechart, arrow: string): boolean {
  return chart.arrows.some((it) => it.id === arrow && it.isRefused);
}

function Arrow(props: {
  readonly edge: ElkEdge;
  readonly isLast: boolean;
  readonly isRefused: boolean;
}): ReactElement {
  const { edge, isLast } = props;
  const [section] = edge.sections ?? [];
  const corners = section ? [section.startPoint, ...(section.bendPoints ?? []), section.endPoint] : [];
  const path = corners.map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${x} ${y}`).join('');
  const ink = isLast ? 'accent' : 'line-strong';
  return (
    <g className={`arrow${isLast ? ' is-last' : ''}${props.isRefused ? ' is-refused' : ''}`}>
      <path d={path} markerEnd={`url(#arrow-${ink})`} />
      {edge.labels?.map((it) => (
        <text key={it.text} x={(it.x ?? 0) + (it.width ?? 0) / 2} y={(it.y ?? 0) + (it.height ?? 0) / 2}>
          {it.text}
        </text>
      ))}
    </g>
  );
}

/** In words, where there is no picture. */
function Listed({ chart }: { readonly chart: Statechart }): ReactElement {
  return (
    <div className="chart">
      <p className="empty">The picture could not be laid out in time; this is what it says.</p>
      <ul>
        {chart.arrows.map(({ id, labels }) => (
          <li key={id}>
            {id}: {labels.join(', ')}
          </li>
        ))}
      </ul>
    </div>
  );
}

function elkChart({ modes, arrows }: Statechart): ElkNode {
  return {
    id: 'chart',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': 'RIGHT',
      'elk.edgeRouting': 'ORTHOGONAL',
      'elk.edgeLabels.inline': 'false',
      'elk.spacing.nodeNode': '36',
      'elk.spacing.edgeNode': '18',
      'elk.spacing.edgeEdge': '14',
      'elk.spacing.edgeLabel': '3',
      'elk.layered.spacing.nodeNodeBetweenLayers': '48',
      'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
    },
    children: modes.map((id) => ({ id, width: id.length * node.letter + node.pad, height: node.height })),
    edges: arrows.map(({ id, from, to, labels }) => ({
      id,
      sources: [from],
      targets: [to],
      labels: labels.map((text) => ({ text, width: text.length * label.letter, height: label.height })),
    })),
  };
}
