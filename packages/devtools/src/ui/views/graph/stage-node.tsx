import type { ReactElement } from 'react';
import { Handle, Position } from '@xyflow/react';
import { handledPerSecond, percentagesOf, sharesOf } from '../../../model/activity.ts';
import type { Shares } from '../../../model/activity.ts';
import { stageFigure } from '../../../model/figures.ts';
import type { Health } from '../../../model/health.ts';
import { healthOf, healthText } from '../../../model/health.ts';
import type { Model } from '../../../model/model.ts';
import { short } from '../../../model/numbers.ts';
import { Icon } from '../../icons.tsx';
import type { IconName } from '../../icons.tsx';
import { useModel } from '../../page.tsx';
import { sizes } from './sizes.ts';
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

export function StageNode({
  id,
  data,
}: {
  readonly id: string;
  readonly data: { stage: number };
}): ReactElement {
  const face = useFace(data.stage);
  const stand = useStand(id, data.stage);
  if (face === undefined) return <div />;
  const badge = badgeOf(face.health);
  return (
    <>
      <button
        type="button"
        className="stage"
        data-node={id}
        data-stage={face.name}
        data-health={face.health}
        data-faded={stand.isFaded || undefined}
        data-cause={stand.isCause || undefined}
        aria-pressed={stand.isChosen}
        aria-description={spoken(face)}
        title={isOff(face) ? face.healthText : undefined}
        tabIndex={stand.isReached ? 0 : -1}
        onClick={stand.choose}
        onFocus={stand.reach}
      >
        <SharesFigure shares={face.shares} />
        <span className="stage-name">{face.name}</span>
        {face.restarts > 0 ? (
          <span className="stage-restarts">
            <Icon name="restarting" />
            {face.restarts}
          </span>
        ) : undefined}
        <span className="stage-note">
          {badge === undefined ? undefined : <Icon name={badge} />}
          {badge === undefined ? noteOf(face) : face.healthNote}
        </span>
        {isOff(face) ? undefined : (
          <span className="stage-rate">
            {face.rate}
            <small> {face.unit}</small>
          </span>
        )}
      </button>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  );
}

/** It does nothing now: why needs the room of its rate. */
function isOff({ health, isMoment, rate }: Face): boolean {
  return health === 'inactive' && !isMoment && rate === '0';
}

function noteOf({ name, definition }: Face): string {
  return name === definition ? '' : definition;
}

/** Busy fills the card from the left; blocked goes around it, hatched. */
function SharesFigure({ shares }: { readonly shares: Shares }): ReactElement {
  const { width, height } = sizes.stage;
  const { busy, held } = shares;
  const blocked = shares.blocked + shares.waiting;
  return (
    <svg className="stage-shares" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <rect className="busy" width={(width * busy) / 100} height={height} />
      <rect className="busy-line" y={height - 4} width={(width * busy) / 100} height={4} />
      <rect
        className="held"
        x={(width * busy) / 100}
        y={height - 4}
        width={(width * held) / 100}
        height={4}
      />
      {blocked === 0 ? undefined : (
        <rect
          className="blocked"
          x={2}
          y={2}
          width={width - 4}
          height={height - 4}
          pathLength={100}
          strokeDasharray={`${blocked} 100`}
        />
      )}
    </svg>
  );
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
