import type { Edit } from '../edit.ts';

/** A bug that is put into the sources, and the shape that must show it. */
export interface PlantedBug extends Edit {
  readonly name: string;
  readonly shape: string;
  /** What shows it: the codes of invariants, or `MISFIT`. */
  readonly codes: readonly string[];
}

const mailbox = (file: string): string => `packages/mailbox/src/${file}.ts`;
const core = (file: string): string => `packages/core/src/${file}.ts`;

const inMailboxes: readonly PlantedBug[] = [
  {
    name: 'an overflow that drops the wrong end: the newest',
    shape: 'slow reader',
    codes: ['MISFIT'],
    module: mailbox('ring-reader'),
    find: 'this.#skipTo((this.#head - keep) | 0);\n      waiting = keep;',
    replace: 'this.#skipTo(this.#head);\n      waiting = 0;',
  },
  {
    name: 'one message too many behind a reader',
    shape: 'chain',
    codes: ['UNBOUNDED', 'OUT_OF_ORDER', 'NOT_CONSERVED'],
    module: mailbox('ring-writer'),
    find: 'lag > capacity ? 0 : capacity - lag;',
    replace: 'lag > capacity ? 0 : capacity + 1 - lag;',
  },
  {
    name: 'a successor that starts at the head of its inbox',
    shape: 'chain',
    codes: ['NOT_CONSERVED'],
    module: mailbox('ring-reader'),
    find: 'this.position = Atomics.load(this.words, this.#base + readerWord.cursor);',
    replace: 'this.position = Atomics.load(this.words, ringWord.head);',
  },
  {
    name: 'a successor that counts the drops of its mailbox from nothing',
    shape: 'slow reader',
    codes: ['NOT_CONSERVED'],
    module: core('executor/accounts'),
    find: 'add(gauges.reader, reason, reader.skipped - inlet.skippedTo);',
    replace: 'gauges.reader[reason] = reader.skipped;',
  },
];

const inCalls: readonly PlantedBug[] = [
  {
    name: 'a release before the commit: an input given back before it is handled',
    shape: 'chain',
    codes: ['NOT_CONSERVED', 'MISFIT'],
    module: core('executor/calls'),
    find: 'held[heldAt] = reader.position;',
    replace: 'held[heldAt] = reader.position;\n        reader.settle();\n        reader.release();',
  },
  {
    name: 'an input acknowledged although its handler has thrown',
    shape: 'chain',
    codes: ['NOT_CONSERVED', 'MISFIT'],
    module: core('executor/failures'),
    find: 'inlet?.reader.rewind();',
    replace: 'inlet?.reader.settle();',
  },
  {
    name: 'the emissions of a handler that has thrown, kept',
    shape: 'chain',
    codes: ['NOT_CONSERVED', 'MISFIT'],
    module: core('executor/failures'),
    find: "if (work !== 'mode') for (const outlet of actor.outlets) outlet.rollback();",
    replace: 'for (const outlet of actor.outlets) outlet.settle();',
  },
  {
    name: 'an input given back while some of what it has caused still waits for room',
    shape: 'bursts',
    codes: ['NOT_CONSERVED', 'MISFIT'],
    module: core('executor/calls'),
    find: 'actor.spillOf = inlet;\n',
    replace: 'actor.spillOf = inlet;\n          reader.settle();\n',
  },
  {
    name: 'a handler called while another one of its actor waits for a promise',
    shape: 'modes',
    codes: ['NOT_SERIAL'],
    module: core('executor/calls'),
    find: 'actor.isBusy = true;\n    actor.busySinceMs = startMs;',
    replace: 'actor.busySinceMs = startMs;',
  },
  {
    name: 'what a group has shown forgotten by its next commit',
    shape: 'bursts',
    codes: ['MISFIT'],
    module: core('executor/ledger'),
    find: 'if (ahead > 0 && ahead <= slotsMax) return;',
    replace: '',
  },
];

const inSleep: readonly PlantedBug[] = [
  {
    name: 'a ring left out: one neighbour is never told',
    shape: 'chain',
    codes: ['LOST_WAKE_UP'],
    module: core('executor/host'),
    find: 'for (let i = 0; i < this.#others.length; i++) (this.#others[i] as Doorbell).strike();',
    replace: 'for (let i = 1; i < this.#others.length; i++) (this.#others[i] as Doorbell).strike();',
  },
  {
    name: 'rings that a dead thread still owed, forgotten',
    shape: 'chain',
    codes: ['LOST_WAKE_UP'],
    module: core('run/crew'),
    find: 'for (const bell of bells) bell.rouse();',
    replace: '',
  },
  {
    name: 'no word of the room that was made before a retry is waited for',
    shape: 'chain',
    codes: ['LOST_WAKE_UP', 'NO_PROGRESS'],
    module: core('executor/executor'),
    find: "if (actor.phase !== 'running' && actor.phase !== 'backoff') continue;\n      for (let j",
    replace: "if (actor.phase !== 'running') continue;\n      for (let j",
  },
];

const inModes: readonly PlantedBug[] = [
  {
    name: 'a successor is not asked again for what its predecessor has not answered',
    shape: 'modes',
    codes: ['NO_PROGRESS'],
    module: core('run/crew'),
    find: 'for (const message of this.#requests.of(worker)) link?.send(message);',
    replace: '',
  },
  {
    name: 'a mode that starts before async handlers end',
    shape: 'modes',
    codes: ['NOT_EXCLUSIVE'],
    module: core('executor/gates'),
    find: 'if (actor.isBusy && (actor.gates & gate.mode) !== 0) return false;',
    replace: '',
  },
  {
    name: 'a resource given to whoever asks',
    shape: 'modes',
    codes: ['NOT_EXCLUSIVE'],
    module: core('resources/lease'),
    find: 'const isGranted = !this.#isBlocked() && this.#takeLingering();',
    replace: 'const isGranted = true;',
  },
  {
    name: 'a resource not given back at a death',
    shape: 'modes',
    codes: ['NO_PROGRESS', 'LOST_WAKE_UP', 'MISFIT'],
    module: core('resources/resource-table'),
    find: 'for (const actor of actors) this.setState(actor, leaseState.idle);',
    replace: '',
  },
];

const inRounds: readonly PlantedBug[] = [
  {
    name: 'a tick that a successor gives again',
    shape: 'ticks',
    codes: ['MISFIT'],
    module: core('executor/rounds'),
    find: 'if (actor.tickNote?.isDone(this.#state.number) === true) return false;',
    replace: '',
  },
];

export const plantedBugs: readonly PlantedBug[] = [
  ...inMailboxes,
  ...inCalls,
  ...inSleep,
  ...inModes,
  ...inRounds,
];
