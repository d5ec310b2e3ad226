import type { ReactElement } from 'react';
import { memo } from 'react';
import { handledPerSecond, sharesOf } from '../../../model/activity.ts';
import { stageFigure } from '../../../model/figures.ts';
import type { Group } from '../../../model/groups.ts';
import type { Health } from '../../../model/health.ts';
import { healthOf, healths, healthTexts } from '../../../model/health.ts';
import type { Box } from '../../../model/layered.ts';
import type { Model } from '../../../model/model.ts';
import { short } from '../../../model/numbers.ts';
import { useModel } from '../../page.tsx';
import { badgeStyle, placedAt } from './card-style.ts';
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

export const GroupNode = memo(function GroupNode({ id, group, box }: GroupNodeProps): ReactElement {
  const face = useModel((model) => groupFaceOf(model, group.stages), isSameGroupFace);
  const { reached, reach, open } = useGraphStand();
  const badge = face.gravest === undefined ? undefined : badgeOf(face.gravest);
  const count = `${group.stages.length} stages${face.busy}`;
  return (
    <button
      type="button"
      className="group"
      style={{ ...placedAt(box), ...badgeStyle(badge) }}
      data-node={id}
      data-badge={badge}
      data-health={face.gravest}
      data-note={face.remarks}
      data-count={count}
      aria-description={face.remarks === '' ? count : `${count}, ${face.remarks}`}
      aria-expanded={false}
      tabIndex={reached === id ? 0 : -1}
      onClick={() => open(group.id)}
      onFocus={() => reach(id)}
    >
      <span className="stage-name">{group.title}</span>
      <span className="stage-rate" data-unit={face.unit}>
        {face.rate}
      </span>
    </button>
  );
});

interface GroupNodeProps {
  readonly id: string;
  readonly group: Group;
  readonly box: Box;
}

/** Where the application pushes into the graph, or takes from it. */
export const TerminalNode = memo(function TerminalNode({ name, side, box }: TerminalNodeProps): ReactElement {
  const end = side === 'in' ? 'input of the graph' : 'output of the graph';
  return (
    <div
      className="terminal"
      style={placedAt(box)}
      data-side={side}
      role="img"
      aria-label={`${end}: ${name}`}
    >
      {name}
    </div>
  );
});

interface TerminalNodeProps {
  readonly name: string;
  readonly side: 'in' | 'out';
  readonly box: Box;
}

const titleInset = { x: 4, y: 3 } as const;

/** The title of an open group, by which it is closed. */
export const FrameTitle = memo(function FrameTitle({ group, box }: FrameTitleProps): ReactElement {
  const { close } = useGraphStand();
  const place = { ...box, x: box.x + titleInset.x, y: box.y + titleInset.y };
  return (
    <button
      type="button"
      className="frame-title"
      style={placedAt(place)}
      data-count={group.stages.length}
      aria-expanded
      onClick={() => close(group.id)}
    >
      {group.title}
    </button>
  );
});

interface FrameTitleProps {
  readonly group: Group;
  readonly box: Box;
}
