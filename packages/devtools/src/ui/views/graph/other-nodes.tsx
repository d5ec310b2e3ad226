import { Handle, Position } from '@xyflow/react';
import type { ReactElement } from 'react';
import { handledPerSecond, sharesOf } from '../../../model/activity.ts';
import { stageFigure } from '../../../model/figures.ts';
import type { Group } from '../../../model/groups.ts';
import type { Health } from '../../../model/health.ts';
import { healthOf, healths, healthTexts } from '../../../model/health.ts';
import type { Model } from '../../../model/model.ts';
import { short } from '../../../model/numbers.ts';
import { Icon } from '../../icons.tsx';
import { useModel } from '../../page.tsx';
import { badgeOf } from './stage-node.tsx';
import { useGraphStand } from './stand.ts';

/** What is wrong in a closed group, the gravest first. */
const remarkable: readonly Health[] = healths.filter(
  (health) => !['busy', 'idle', 'inactive'].includes(health),
);

interface GroupFace {
  /** Empty of a moment of a recording. */
  readonly busy: string;
  readonly rate: string;
  readonly unit: string;
  readonly remarks: string;
  readonly gravest: Health | undefined;
}

function groupFaceOf(model: Model, stages: readonly number[]): GroupFace {
  const counts = new Map<Health, number>();
  let busy = 0;
  let handled = 0;
  const { figures } = model;
  const isMoment = figures?.isMoment === true;
  for (const index of stages) {
    const stage = model.graph?.stages[index];
    if (stage === undefined) continue;
    const health = healthOf(model, stage);
    counts.set(health, (counts.get(health) ?? 0) + 1);
    busy += sharesOf(figures, index).busy;
    handled += isMoment ? stageFigure(figures.now, index, 'handled') : handledPerSecond(figures, index);
  }
  const present = remarkable.filter((health) => counts.has(health));
  const { text, unit } = short(handled);
  return {
    busy: isMoment ? '' : `, ${Math.round((100 * busy) / Math.max(1, stages.length))} % busy`,
    rate: text,
    unit: isMoment ? `${unit} done` : `${unit}/s`,
    remarks: present.map((health) => `${counts.get(health)} ${healthTexts[health]}`).join(', '),
    gravest: present[0],
  };
}

function isSameGroupFace(one: GroupFace, other: GroupFace): boolean {
  return (
    one.busy === other.busy &&
    one.rate === other.rate &&
    one.unit === other.unit &&
    one.remarks === other.remarks
  );
}

export function GroupNode({
  id,
  data,
}: {
  readonly id: string;
  readonly data: { group: Group };
}): ReactElement {
  const { group } = data;
  const face = useModel((model) => groupFaceOf(model, group.stages), isSameGroupFace);
  const { reached, reach, open } = useGraphStand();
  const badge = face.gravest === undefined ? undefined : badgeOf(face.gravest);
  return (
    <>
      <button
        type="button"
        className="group"
        data-node={id}
        aria-expanded={false}
        tabIndex={reached === id ? 0 : -1}
        onClick={() => open(group.id)}
        onFocus={() => reach(id)}
      >
        <span className="stage-name">
          <Icon name="open" />
          {group.title}
        </span>
        <span className="stage-rate">
          {face.rate}
          <small> {face.unit}</small>
        </span>
        <span className="group-count">
          {group.stages.length} stages{face.busy}
        </span>
        <span className="stage-note">
          {badge === undefined ? undefined : <Icon name={badge} />}
          {face.remarks}
        </span>
      </button>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  );
}

/** Where the application pushes into the graph, or takes from it. */
export function TerminalNode(props: {
  readonly id: string;
  readonly data: { readonly name: string; readonly side: 'in' | 'out' };
}): ReactElement {
  const { name, side } = props.data;
  return (
    <>
      <div className="terminal" data-side={side} data-node={props.id}>
        <span className="sr">{side === 'in' ? 'input of the graph: ' : 'output of the graph: '}</span>
        <span className="terminal-name">{name}</span>
      </div>
      <Handle
        type={side === 'in' ? 'source' : 'target'}
        position={side === 'in' ? Position.Right : Position.Left}
        isConnectable={false}
      />
    </>
  );
}

/** An open group: a frame around its stages, or their lane. */
export function FrameNode({ data }: { readonly data: { group: Group; isLane: boolean } }): ReactElement {
  const { close } = useGraphStand();
  const { group, isLane } = data;
  return (
    <div className="frame" data-lane={isLane || undefined}>
      <button type="button" className="frame-title" aria-expanded onClick={() => close(group.id)}>
        <Icon name="fold" />
        {group.title}
        <small>{group.stages.length}</small>
      </button>
    </div>
  );
}
