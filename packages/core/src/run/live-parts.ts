import type { Doorbell, Gauges } from '@troupe/mailbox';
import type { SharedRun } from '../drivers/messages.ts';
import type { Executor } from '../executor/executor.ts';
import type { WallClock } from '../executor/wall-clock.ts';
import type { GraphDeclaration, Plan } from '../plan/types.ts';
import type { ResourceTable } from '../resources/resource-table.ts';
import type { BoundaryInput } from './boundary-input.ts';
import type { BoundaryOutput } from './boundary-output.ts';
import type { Conductor } from './conductor.ts';
import type { Crew } from './crew.ts';
import type { LiveDebug } from './debug.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { LiveEvents } from './events.ts';
import type { HandlerFailures } from './handler-failures.ts';
import type { LiveModes } from './modes.ts';
import type { LiveRecording } from './live-recording.ts';
import type { RateControl } from './rate-control.ts';
import type { Origin } from './replay-driver.ts';
import type { StartOptions } from './types.ts';
import type { World } from './world.ts';

/** What a live run is made of; `start` puts it together. */
export interface LiveRunParts {
  readonly world: World;
  readonly declaration: GraphDeclaration;
  /** Of a run that is done again. */
  readonly origin: Origin | undefined;
  readonly options: StartOptions;
  readonly plan: Plan;
  readonly shared: SharedRun;
  readonly bells: readonly Doorbell[];
  readonly gauges: Gauges;
  readonly clock: WallClock;
  readonly crew: Crew;
  readonly letters: DeadLetters;
  readonly failures: HandlerFailures;
  readonly events: LiveEvents;
  readonly resources: ResourceTable;
  /** Steps the stages on main. */
  readonly executor: Executor;
  readonly rates: RateControl;
  readonly inputs: ReadonlyMap<string, BoundaryInput>;
  readonly outputs: ReadonlyMap<string, BoundaryOutput>;
  readonly recording: LiveRecording;
  /** Leads the steps, under the paced and fast clocks. */
  readonly conductor: Conductor | undefined;
  readonly modes: LiveModes;
  readonly debug: LiveDebug;
}
