import type { Doorbell } from '@troupe/mailbox';
import type { SharedRun } from '../drivers/messages.ts';
import type { GraphDeclaration, Plan } from '../plan/types.ts';
import type { BoundaryInput } from './boundary-input.ts';
import type { Script } from './conductor-parts.ts';
import type { Conductor } from './conductor.ts';
import type { Crew } from './crew.ts';
import type { LiveEvents } from './events.ts';
import type { Taker } from './live-recording.ts';
import type { LiveModes } from './modes.ts';

/** What a replay needs of the run that it drives. */
export interface ReplayAccess {
  readonly plan: Plan;
  readonly shared: SharedRun;
  readonly bells: readonly Doorbell[];
  readonly conductor: Conductor;
  readonly inputs: ReadonlyMap<string, BoundaryInput>;
  readonly modes: LiveModes;
  readonly crew: Pick<Crew, 'hear'>;
  readonly events: LiveEvents;
}

/** What is done again. */
export interface Origin {
  /** Of the graph as it was recorded, without stand-ins. */
  readonly declaration: GraphDeclaration;
  readonly recording: string;
}

/** Drives a run from outside. */
export interface ReplayDriver extends Taker {
  readonly origin: Origin;
  readonly script: Script;
  /** Everything is ready, nothing runs yet. */
  attach(access: ReplayAccess): void;
}
