import type { CSSProperties, ReactElement } from 'react';
import { memo } from 'react';
import { handledPerSecond, percentagesOf, sharesOf } from '../../../model/activity.ts';
import type { Shares } from '../../../model/activity.ts';
import { stageFigure } from '../../../model/figures.ts';
import type { Health } from '../../../model/health.ts';
import { healthOf, healthText } from '../../../model/health.ts';
import type { Box } from '../../../model/layered.ts';
import type { Model } from '../../../model/model.ts';
import { short } from '../../../model/numbers.ts';
import type { IconName } from '../../icons.tsx';
import { useModel } from '../../page.tsx';
import { badgeStyle, placedAt, variables } from './card-style.ts';
import { useStand } from './stand.ts';

/** What a stage's card says; a card is drawn anew only when this changes. */
interface Face {
  readonly name: string;
  readonly definition: string;
  readonly shares: Shares;
  /** How much it handles; of a moment of a recording, how much it had handled. */
  readonly rate: string;
  readonly unit: string;
  readonly isMoment: boolean;
  readonly health: Health;
  readonly healthText: string;
  /** The same in few words. */
  readonly healthNote: string;
  readonly restarts: number;
}

function faceOf(model: Model, index: number): Face | undefined {
  const stage = model.graph?.stages[index];
  if (stage === undefined) return undefined;
  const { figures } = model;
  const isMoment = figures?.isMoment === true;
  const handled = isMoment ? stageFigure(figures.now, index, 'handled') : handledPerSecond(figures, index);
  const { text, unit } = short(handled);
  return {
    name: stage.name,
    definition: stage.stage,
    shares: percentagesOf(sharesOf(figures, index)),
    rate: text,
    unit: isMoment ? `${unit} done` : `${unit}/s`,
    isMoment,
    health: healthOf(model, stage),
    healthText: healthText(model, stage),
    healthNote: healthText(model, stage, true),
    restarts: figures === undefined ? 0 : stageFigure(figures.now, index, 'restarts'),
  };
}

function isSameFace(one: Face | undefined, other: Face | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    one.name === other.name &&
    one.rate === other.rate &&
    one.unit === other.unit &&
    one.isMoment === other.isMoment &&
    one.health === other.health &&
    one.healthText === other.healthText &&
    one.restarts === other.restarts &&
    one.shares.busy === other.shares.busy &&
    one.shares.blocked === other.shares.blocked &&
    one.shares.waiting === other.shares.waiting &&
    one.shares.held === other.shares.held
  );
}

function useFace(index: number): Face | undefined {
  return useModel((model) => faceOf(model, index), isSameFace);
}

/** Badges for what is not as usual; busy and idle are plain to see. */
const badges: Partial<Readonly<Record<Health, IconName>>> = {
  lost: 'lost',
  failing: 'failing',
  restarting: 'restarting',
  held: 'held',
  starting: 'starting',
  stopped: 'stopped',
  ended: 'ended',
  inactive: 'inactive',
  blocked: 'blocked',
  waiting: 'waiting',
};

export function badgeOf(health: Health): IconName | undefined {
  return badges[health];
}

/** A stage's card: texts and icons that are no elements of their own are its `::before` and `::after`. */
export const StageNode = memo(function StageNode({ id, stage, box }: StageNodeProps): ReactElement {
  const face = useFace(stage);
  const stand = useStand(id, stage);
  if (face === undefined) return <></>;
  const badge = badgeOf(face.health);
  return (
    <button
      type="button"
      className="stage"
      style={{ ...placedAt(box), ...badgeStyle(badge), ...sharesStyle(face.shares) }}
      data-node={id}
      data-stage={face.name}
      data-health={face.health}
      data-badge={badge}
      data-note={badge === undefined ? noteOf(face) : face.healthNote}
      data-off={isOff(face) || undefined}
      data-restarts={face.restarts > 0 ? face.restarts : undefined}
      data-faded={stand.isFaded || undefined}
      data-cause={stand.isCause || undefined}
      aria-pressed={stand.isChosen}
      aria-description={spoken(face)}
      title={isOff(face) ? face.healthText : undefined}
      tabIndex={stand.isReached ? 0 : -1}
      onClick={stand.choose}
      onFocus={stand.reach}
    >
      <span className="stage-name">{face.name}</span>
      <span className="stage-rate" data-unit={face.unit}>
        {face.rate}
      </span>
    </button>
  );
});

interface StageNodeProps {
  readonly id: string;
  readonly stage: number;
  readonly box: Box;
}

/** It does nothing now: why needs the room of its rate. */
function isOff({ health, isMoment, rate }: Face): boolean {
  return health === 'inactive' && !isMoment && rate === '0';
}

function noteOf({ name, definition }: Face): string {
  return name === definition ? '' : definition;
}

/** Busy fills the card from the left; blocked goes around it, hatched. */
function sharesStyle({ busy, held, blocked, waiting }: Shares): CSSProperties {
  return variables({ '--busy-share': busy, '--held-share': held, '--blocked-share': blocked + waiting });
}

/** What fill and border show, in words. */
function spoken({ definition, shares, healthText: health, restarts, rate, unit, isMoment }: Face): string {
  if (isMoment) return `${definition}, ${health}, ${rate} ${unit.trim()}, restarts: ${restarts}`;
  const parts = [definition, health, `busy ${shares.busy} %`, `blocked ${shares.blocked} %`];
  if (shares.waiting > 0) parts.push(`waits for resources ${shares.waiting} %`);
  if (shares.held > 0) parts.push(`held ${shares.held} %`);
  parts.push(`idle ${shares.idle} %`);
  if (restarts > 0) parts.push(`restarts: ${restarts}`);
  return parts.join(', ');
}
