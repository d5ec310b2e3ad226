import type { Edit } from '../edit.ts';

/** A bug that is put into the sources, and the protocol that must find it. */
export interface PlantedBug extends Edit {
  readonly name: string;
  /** Module and name of the protocol. */
  readonly protocol: readonly [string, string];
  /** What the protocol says when it has found it. */
  readonly message: RegExp;
}

const asleep = /nobody can go on/;

/** Texts of the module that the bugs below are planted in. */
const mailbox = (file: string): string => `packages/mailbox/src/${file}.ts`;
const core = (file: string): string => `packages/core/src/${file}.ts`;

const inRings: readonly PlantedBug[] = [
  {
    name: 'the head published before the frame is written',
    protocol: ['frame-ring', 'publication'],
    message: /torn|number of another|order/,
    module: mailbox('frame-ring'),
    find: 'this.room(1) <= 0) return undefined;',
    replace:
      'this.room(1) <= 0) return undefined;\n' +
      'Atomics.store(this.words, ringWord.head, (this.position + 1) | 0);',
  },
  {
    name: 'the tail published before the read',
    protocol: ['frame-ring', 'publication'],
    message: /torn|number of another|order/,
    module: mailbox('ring-reader'),
    find: 'this.#loadMeta(slot, into);\n    this.loadInPlace(slot, into);',
    replace:
      'Atomics.store(this.words, this.#base + readerWord.cursor, (this.position + 1) | 0);\n' +
      'this.#loadMeta(slot, into); this.loadInPlace(slot, into);',
  },
  {
    name: 'a head compared without wrap',
    protocol: ['frame-ring', 'signChange'],
    message: asleep,
    module: mailbox('ring-reader'),
    find: 'let waiting = (this.#head - this.position) | 0;',
    replace: 'let waiting = this.#head - this.position;',
  },
  {
    name: 'a claim compared without wrap',
    protocol: ['frame-ring', 'tornSignChange'],
    message: /torn|number of another|order/,
    module: mailbox('ring-writer'),
    find: 'if (((limit - this.#claimed) | 0) <= 0) return;',
    replace: 'if (limit - this.#claimed <= 0) return;',
  },
  {
    name: 'one message too many behind a reader',
    protocol: ['frame-ring', 'publication'],
    message: /torn|number of another|deep-equal/,
    module: mailbox('ring-writer'),
    find: 'lag > capacity ? 0 : capacity - lag;',
    replace: 'lag > capacity ? 0 : capacity + 1 - lag;',
  },
  {
    name: 'the recheck of a non-blocking reader left out',
    protocol: ['frame-ring', 'tornRead'],
    message: /torn|number of another|order/,
    module: mailbox('ring-reader'),
    find: 'if (((this.position - floor) | 0) >= 0) return true;',
    replace: 'return true;',
  },
  {
    name: 'the floor not raised before a slot is used again',
    protocol: ['frame-ring', 'tornRead'],
    message: /torn|number of another|order/,
    module: mailbox('ring-writer'),
    find: 'Atomics.store(this.words, ringWord.floor, floor);',
    replace: '',
  },
  {
    name: 'the floor of messages not raised',
    protocol: ['message-ring', 'tornRead'],
    message: /damaged|order|JSON|taken and skipped|strictly/,
    module: mailbox('message-ring'),
    find: 'super.publishFloor(floor);',
    replace: '',
  },
  {
    name: 'room wished for after the last look',
    protocol: ['frame-ring', 'publication'],
    message: asleep,
    module: mailbox('ring-writer'),
    find:
      'const isNew = Atomics.exchange(this.words, ringWord.roomWanted, 1) === 0;\n' +
      '    const room = this.room(wanted);',
    replace:
      'const room = this.room(wanted);\n' +
      '    const isNew = Atomics.exchange(this.words, ringWord.roomWanted, 1) === 0;',
  },
  {
    name: 'a wish looked for before the release',
    protocol: ['frame-ring', 'publication'],
    message: asleep,
    module: mailbox('ring-reader'),
    find: 'Atomics.store(this.words, this.#base + readerWord.cursor, this.handled);\n    if (',
    replace:
      'if (Atomics.load(this.words, ringWord.roomWanted) !== 1) this.#nudged = this.handled;\n' +
      'Atomics.store(this.words, this.#base + readerWord.cursor, this.handled); if (',
  },
  {
    name: 'the head looked at before the reader has registered',
    protocol: ['frame-ring', 'attachAndDetach'],
    message: /torn|number of another|order|gap/,
    module: mailbox('ring-places'),
    find: 'Atomics.add(words, ringWord.registry, 1);\n  const head = Atomics.load(words, ringWord.head);',
    replace: 'const head = Atomics.load(words, ringWord.head);\n  Atomics.add(words, ringWord.registry, 1);',
  },
  {
    name: 'a reader detached without a word to the writer',
    protocol: ['frame-ring', 'deadReader'],
    message: asleep,
    module: mailbox('ring-places'),
    find:
      'readerState.free);\n' +
      '  // Publishes the detachment: the writer counts its readers anew.\n' +
      '  Atomics.add(words, ringWord.registry, 1);',
    replace: 'readerState.free);',
  },
  {
    name: 'a successor that forgets what was claimed',
    protocol: ['frame-ring', 'deadOvertaker'],
    message: /torn|number of another|order/,
    module: mailbox('ring-writer'),
    find: 'this.#claimed = (Atomics.load(this.words, ringWord.floor) + this.slots) | 0;',
    replace: 'this.#claimed = (head + this.slots) | 0;',
  },
  {
    name: 'a note about the head written over the one that holds',
    protocol: ['frame-ring', 'deadWriter'],
    message: /number of another|strictly/,
    module: mailbox('ring-writer'),
    find: 'const note = this.#note === ringWord.notes ? ringWord.notes + noteWords : ringWord.notes;',
    replace: 'const note = this.#note;',
  },
  {
    name: 'a round marked before what it has brought is said',
    protocol: ['frame-ring', 'marks'],
    message: /more than the round before|not there/,
    module: mailbox('ring-writer'),
    find: 'this.words[ringWord.marks + (round & 1)] = this.published;\n',
    replace: 'this.words[ringWord.marks + (round & 1)] = (this.published + 1) | 0;\n',
  },
  {
    name: 'a mailbox that has grown without telling its writer',
    protocol: ['frame-ring', 'growth'],
    message: asleep,
    module: mailbox('ring-reader'),
    find: 'readerWord.capacity, this.capacity);\n    this.#wakeWriter();',
    replace: 'readerWord.capacity, this.capacity);',
  },
];

const inSleep: readonly PlantedBug[] = [
  {
    name: 'a notify left out',
    protocol: ['doorbell', 'wakeUp'],
    message: asleep,
    module: mailbox('doorbell'),
    find: '=== sleeping) {\n      Atomics.notify(this.#words, this.#state);',
    replace: '=== sleeping) {',
  },
  {
    name: 'whoever is roused was only rung for',
    protocol: ['doorbell', 'deadProducer'],
    message: asleep,
    module: mailbox('doorbell'),
    find: 'Atomics.store(this.#words, this.#state, awake);\n    Atomics.notify(this.#words, this.#state);',
    replace: 'this.ring();',
  },
  {
    name: 'a deferred ring that forgets the second of two',
    protocol: ['doorbell', 'deferred'],
    message: asleep,
    module: mailbox('doorbell'),
    find: 'if (this.#isDeferred) this.#isDue = true;',
    replace: 'if (this.#isDeferred) this.#isDue = !this.#isDue;',
  },
  {
    name: 'a control message announced after the ring',
    protocol: ['loops', 'stop'],
    message: asleep,
    module: mailbox('doorbell'),
    find: 'Atomics.add(this.#words, this.#control, 1);\n    this.ring();',
    replace: 'this.ring();\n    Atomics.add(this.#words, this.#control, 1);',
  },
  {
    name: 'the arm after the last look',
    protocol: ['loops', 'work'],
    message: asleep,
    module: core('drivers/loops'),
    find: 'loop.bell.arm();\n  return lastLook(loop);',
    replace:
      'if (loop.bell.hasControl() || loop.executor.hasWork()) return false;\n' +
      '  loop.bell.arm();\n' +
      '  return true;',
  },
  {
    name: 'no look at the control port before the sleep',
    protocol: ['loops', 'stop'],
    message: asleep,
    module: core('drivers/loops'),
    find: 'if (!bell.hasControl() && !executor.hasWork()) return true;',
    replace: 'if (!executor.hasWork()) return true;',
  },
  {
    name: 'a round opened before its phase is said',
    protocol: ['turn', 'oneWorker'],
    message: /strictly|deep/,
    module: core('clock/turn'),
    find: 'this.#words[word.phase] = phase;',
    replace: 'Atomics.store(this.#words, word.round, round);\n    this.#words[word.phase] = phase;',
  },
  {
    name: 'a round closed before what is wanted is said',
    protocol: ['turn', 'twoWorkers'],
    message: /strictly|0 !== 2|1 !== 2/,
    module: core('clock/turn'),
    find: 'Atomics.store(this.#words, at + workerWord.wants, wants);',
    replace:
      'Atomics.store(this.#words, at + workerWord.done, round);\n' +
      '    Atomics.store(this.#words, at + workerWord.wants, wants);',
  },
  {
    name: 'a wish that takes back another',
    protocol: ['turn', 'asking'],
    message: /strictly|[12] !== 3/,
    module: core('clock/turn'),
    find: 'Atomics.or(this.#words,',
    replace: 'Atomics.store(this.#words,',
  },
];

const inTables: readonly PlantedBug[] = [
  {
    name: 'a journal cleared before the stores',
    protocol: ['redelivery', 'commit'],
    message: /strictly|deep/,
    module: mailbox('dispatcher'),
    find: 'if (journal.count > 1) journal.seal();',
    replace: 'if (journal.count > 1) journal.seal();\n      journal.clear();',
  },
  {
    name: 'a journal sealed after the stores',
    protocol: ['redelivery', 'commit'],
    message: /strictly|deep/,
    module: mailbox('dispatcher'),
    find: 'if (journal.count > 1) journal.seal();',
    replace: '',
  },
  {
    name: 'a journal sealed before it is written',
    protocol: ['redelivery', 'commit'],
    message: /strictly|deep|Invalid/,
    module: mailbox('journal'),
    find: 'const at = 1 + this.#count * entryWords;',
    replace: 'const at = 1 + this.#count * entryWords;\n    Atomics.store(this.#words, 0, this.#count + 1);',
  },
  {
    name: 'a cursor left out of the journal',
    protocol: ['redelivery', 'commitTwice'],
    message: /strictly|deep/,
    module: mailbox('ring-reader'),
    find: 'if (this.handled !== this.released) journal.add',
    replace: 'if (this.handled === this.released) journal.add',
  },
  {
    name: 'a tick that is noted apart from its commit',
    protocol: ['redelivery', 'ticks'],
    message: /strictly|deep/,
    module: core('executor/tick-note'),
    find: "if (this.#state === 'handled') journal.add(ledgerId, this.#ledger.tickedAt, this.#round);",
    replace: '',
  },
  {
    name: 'exposed before it is said how far',
    protocol: ['redelivery', 'exposed'],
    message: /twice, and not marked/,
    module: core('executor/ledger'),
    find: 'this.#words[this.#base] = position;',
    replace: 'this.#words[this.#base] = position - 1;',
  },
  {
    name: 'an activation taken over the one before, which was not noted',
    protocol: ['events', 'deadTaker'],
    message: /strictly|deep|in hand|nobody can go on/,
    module: core('events/event-table'),
    find: 'this.#note(place.event, gone);\n      const next',
    replace: 'const next',
  },
  {
    name: 'two take the same activation',
    protocol: ['events', 'oneForThree'],
    message: /strictly|deep/,
    module: core('events/event-table'),
    find: 'if (Atomics.compareExchange(this.words, word, gone, next) !== gone) continue;',
    replace: 'Atomics.store(this.words, word, next);',
  },
  {
    name: 'a set announced by a store',
    protocol: ['events', 'activations'],
    message: asleep,
    module: core('events/event-table'),
    find: 'if (Atomics.compareExchange(this.words, word, given, (given + 1) | 0) === given) break;',
    replace: 'Atomics.store(this.words, word, (given + 1) | 0);\n      break;',
  },
  {
    name: 'an announcement without its version',
    protocol: ['events', 'waiter'],
    message: asleep,
    module: core('events/event-table'),
    find: 'Atomics.add(this.words, word, 1);\n    Atomics.notify(this.words, word);',
    replace: 'Atomics.notify(this.words, word);',
  },
  {
    name: 'a resource taken from one that has begun to run',
    protocol: ['resources', 'lingering'],
    message: /hold what there are|strictly/,
    module: core('resources/lease'),
    find: 'if (this.#table.changeState(rival.actor, lingering, idle)) used -= rival.amount;',
    replace: 'this.#table.setState(rival.actor, idle);\n        used -= rival.amount;',
  },
  {
    name: 'no look for those who wait, at the end',
    protocol: ['resources', 'two'],
    message: asleep,
    module: core('resources/lease'),
    find: 'this.#table.changeState(this.#actor, lingering, idle);\n    this.#ringWaiting();',
    replace: 'this.#table.changeState(this.#actor, lingering, idle);',
  },
  {
    name: 'those who wait looked for before the resource is let go',
    protocol: ['resources', 'two'],
    message: asleep,
    module: core('resources/lease'),
    find: 'this.#table.setState(this.#actor, lingering);\n    if (!this.#isWanted()) return;',
    replace:
      'const isWanted = this.#isWanted();\n' +
      '    this.#table.setState(this.#actor, lingering);\n' +
      '    if (!isWanted) return;',
  },
  {
    name: 'a dead thread that keeps the lock',
    protocol: ['resources', 'dead'],
    message: asleep,
    module: core('resources/resource-table'),
    find: 'Atomics.compareExchange(this.#words, header.lock, worker + 1, 0);',
    replace: '',
  },
  {
    name: 'a latch overwritten while it is copied',
    protocol: ['latch', 'tornRead'],
    message: /torn|time of another/,
    module: mailbox('latch'),
    find: 'if (((value - Atomics.load(words, latchWord.floor)) | 0) < 0) return false;',
    replace: '',
  },
  {
    name: 'two who decide, each for itself',
    protocol: ['latch', 'agreement'],
    message: /strictly|deep/,
    module: mailbox('latch'),
    find: 'return before === tag ? made : before;',
    replace: 'return made;',
  },
];

const inTraces: readonly PlantedBug[] = [
  {
    name: 'a record given without a last look at the head',
    protocol: ['trace-ring', 'tornRecord'],
    message: /torn/,
    module: core('executor/trace-ring'),
    find: 'if (this.#waiting() >= this.#records) continue;',
    replace: '',
  },
  {
    name: 'a record shown before it is written',
    protocol: ['trace-ring', 'tornRecord'],
    message: /torn|order|twice/,
    module: core('executor/trace-ring'),
    find: 'this.#words[at * 2 + field.kind] = kind;',
    replace:
      'Atomics.store(this.#words, word.head, (this.#head + 1) | 0);\n' +
      '    this.#words[at * 2 + field.kind] = kind;',
  },
  {
    name: 'a head of traces compared without wrap',
    protocol: ['trace-ring', 'signChange'],
    message: /given twice/,
    module: core('executor/trace-ring'),
    find: 'return (Atomics.load(this.#words, word.head) - this.#position) >>> 0;',
    replace: 'return Atomics.load(this.#words, word.head) - this.#position;',
  },
];

const inTaps: readonly PlantedBug[] = [
  {
    name: 'a wish to watch that comes behind the registry',
    protocol: ['tap', 'publication'],
    message: /not told when/,
    module: mailbox('ring-reader'),
    find: 'attachReader(buffer, this.place, { ...options, capacity: this.capacity });',
    replace:
      'Atomics.sub(this.words, ringWord.watchers, 1);\n' +
      'attachReader(buffer, this.place, { ...options, capacity: this.capacity });\n' +
      'Atomics.add(this.words, ringWord.watchers, 1);',
  },
  {
    name: 'a batch without a stamp, in which its writer learned of a watcher',
    protocol: ['tap', 'learning'],
    message: /not told when/,
    module: mailbox('ring-writer'),
    find: 'if (!isStamped && this.#isWatched)',
    replace: 'if (isStamped && !this.#isWatched)',
  },
  {
    name: 'a stamp said to be there before it is',
    protocol: ['tap', 'learning'],
    message: /with another batch/,
    module: mailbox('ring-writer'),
    find: 'Atomics.or(this.metaWords, this.#stampLast(stampMs), flag.stampedLast);',
    replace:
      '{ const last = ((this.settled - 1) & this.mask) * metaWords + metaWord.flags;\n' +
      'Atomics.or(this.metaWords, last, flag.stampedLast);\n' +
      'this.#stampLast(stampMs); }',
  },
  {
    name: 'the stamp of the next batch taken for that of one without',
    protocol: ['tap', 'deadWriter'],
    message: /with another batch/,
    module: mailbox('batch-stamps'),
    find: 'if (at !== position && (flags & flag.stamped) !== 0) return Number.NaN;',
    replace: '',
  },
  {
    name: 'values given before it is said how many',
    protocol: ['tap', 'sampled'],
    message: /given before it is said/,
    module: mailbox('message-tap'),
    find: 'this.#words[word.given] = this.#settledGiven;\n',
    replace: 'this.#writer.publish(stampMs);\n    this.#words[word.given] = this.#settledGiven;\n',
  },
  {
    name: 'values asked for on top of what was asked for',
    protocol: ['tap', 'sampled'],
    message: /asked for twice/,
    module: mailbox('message-tap'),
    find: 'const given = Atomics.load(this.#words, word.given);',
    replace: 'const given = Atomics.load(this.#words, word.asked);',
  },
  {
    name: 'a successor that counts anew what it gives',
    protocol: ['tap', 'deadSampled'],
    message: /given before it is said|asked for twice/,
    module: mailbox('message-tap'),
    find: 'this.#given = this.#words[word.given] as number;',
    replace: 'this.#given = 0;',
  },
];

export const plantedBugs: readonly PlantedBug[] = [
  ...inRings,
  ...inSleep,
  ...inTables,
  ...inTraces,
  ...inTaps,
];
