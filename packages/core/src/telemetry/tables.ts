/**
 * The columns of the tables that stats come in: a row for each stage, edge or worker, by its index, of
 * float64 numbers. All counts are from the start of the run; whoever wants a rate takes the difference of
 * two reads.
 */
export const stageColumns = [
  /** Index into `actorStates`. */
  'state',
  'handled',
  'in',
  'out',
  'failed',
  'redelivered',
  'resent',
  'deadLettered',
  'restarts',
  'droppedTicks',
  'overruns',
  'droppedPosts',
  'spilled',
  /** Nanoseconds, as are the next three; with the idle time they add up to the time since the start. */
  'busyNs',
  'blockedNs',
  'resourceWaitNs',
  /** For how long it has been held by a person, since the first observer came. */
  'heldNs',
  /** Messages that wait on all inputs. */
  'depth',
  /** Logical time of what was handled last, nanoseconds since the run's epoch. */
  'lastTimeNs',
  /** Inputs handled since the state was kept last. */
  'snapshotAge',
  'progressDone',
  /** 0 where the length is unknown. */
  'progressTotal',
] as const;

export const edgeColumns = [
  'sent',
  'received',
  'depth',
  /** The deepest that it has been. */
  'highWater',
  /** It may grow under the paced and fast clocks. */
  'capacity',
  'dropNewest',
  'dropOldest',
  'latest',
  'nonBlocking',
  'inactive',
  'discarded',
  /** 1 while its reader holds the writer back. */
  'isBlocking',
] as const;

export const workerColumns = ['busyNs', 'idleNs', 'sleeps', 'wakes', 'steps', 'commits', 'replaced'] as const;

export const actorStates = ['starting', 'running', 'backoff', 'ended', 'stopped', 'lost'] as const;

export type StageColumn = (typeof stageColumns)[number];
export type EdgeColumn = (typeof edgeColumns)[number];
export type WorkerColumn = (typeof workerColumns)[number];
