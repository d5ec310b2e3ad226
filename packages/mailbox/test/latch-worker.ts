import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { LatchReader, LatchWriter } from '../src/latch.ts';

/**
 * What a thread of a latch stress test does. `write`: the numbers from 1 to `total`, as fast as it can.
 * `read`: until the last of them. `publish`: numbers, now and then. `step`: read as of every step, and note
 * what.
 */
export interface Role {
  readonly kind: 'write' | 'read' | 'publish' | 'step';
  readonly buffer: SharedArrayBuffer;
  /** Words that the test shares with its threads: how many are there; then the step of each reader. */
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly readers: number;
  /** Values, or steps. */
  readonly total: number;
  /** How far back readers look; which of the readers this is. */
  readonly at: number;
  /** What each reader found at each step. */
  readonly found: Int32Array<SharedArrayBuffer>;
  /** On the machine's monotonic clock: steps are counted from here. */
  readonly originNs: number;
}

/** What a thread has come to. One that finds damage dies of it. */
export interface Finding {
  readonly values: number;
}

const stepNs = 500_000;
/** A reader that is so far behind makes the writer wait: what it looks for must not be overwritten. */
const behindNs = 6_000_000;
const leaveOutNs = 4_000_000;

const clock = { nowNs: (): number => Number(process.hrtime.bigint()) };

const pillow = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps until a time, or does nothing. */
function sleepUntil(timeNs: number): void {
  for (let leftNs = timeNs - clock.nowNs(); leftNs > 0; leftNs = timeNs - clock.nowNs()) {
    Atomics.wait(pillow, 0, 0, leftNs / 1e6);
  }
}

/** Adds to a word, and waits until all threads have. */
function meet({ words, readers }: Role, word: number): void {
  Atomics.add(words, word, 1);
  Atomics.notify(words, word);
  while (Atomics.load(words, word) <= readers) Atomics.wait(words, word, Atomics.load(words, word), 10);
}

/** The first step: the latest of those that the threads propose. */
function firstStep(role: Role): number {
  const mine = Math.ceil((clock.nowNs() - role.originNs) / stepNs) + 20;
  for (let most = Atomics.load(role.words, 4); most < mine; most = Atomics.load(role.words, 4)) {
    Atomics.compareExchange(role.words, 4, most, mine);
  }
  meet(role, 5);
  return Atomics.load(role.words, 4);
}

function write({ buffer, total }: Role): Finding {
  const writer = new LatchWriter(buffer);
  const frame = new Int32Array(writer.length);
  for (let n = 1; n <= total; n++) {
    writer.fill(frame.fill(n), n);
    writer.publishAt(n);
  }
  return { values: total };
}

function read({ buffer, total, at }: Role): Finding {
  const reader = new LatchReader(buffer, clock);
  let values = 0;
  let newest = 0;
  for (let round = 0; newest < total; round++) {
    // Now as of the end of all time, now as of a moment that may just be given up.
    reader.take(round % 2 === 0 ? Infinity : newest - at);
    const n = reader.frame[0] as number;
    const { frame, timeNs } = reader;
    assert.equal(timeNs, n === 0 ? -1 : n);
    for (let i = 1; i < frame.length; i++) if (frame[i] !== n) assert.fail(`torn: ${n} and ${frame[i]}`);
    if (round % 2 === 1) continue;
    assert.ok(n >= newest, `${n} after ${newest}`);
    if (n > newest) values++;
    newest = n;
  }
  return { values };
}

function publish(role: Role): Finding {
  const { buffer, words, total, readers, originNs } = role;
  const first = firstStep(role);
  const writer = new LatchWriter(buffer);
  const frame = new Int32Array(writer.length);
  const slowest = (): number =>
    Math.min(...Array.from({ length: readers }, (_, i) => words[1 + i] as number));
  let n = 0;
  while (slowest() < total - 1) {
    sleepUntil(clock.nowNs() + 150_000 + 300_000 * Math.random() ** 2);
    if (clock.nowNs() - originNs - (first + slowest()) * stepNs > behindNs) continue;
    writer.fill(frame.fill(++n), n);
    writer.publish(clock);
  }
  return { values: n };
}

function step(role: Role): Finding {
  const { buffer, words, total, at, found, originNs } = role;
  const first = firstStep(role);
  const reader = new LatchReader(buffer, clock);
  for (let k = 0; k < total; k++) {
    const timeNs = originNs + (first + k) * stepNs;
    // One that is held up for long leaves steps out, or it would never be in time again.
    const isLeftOut = clock.nowNs() > timeNs + leaveOutNs;
    if (!isLeftOut) sleepUntil(timeNs);
    // Now and then later than the other.
    if (!isLeftOut && Math.random() < 0.3) sleepUntil(clock.nowNs() + 1_000_000 * Math.random());
    if (!isLeftOut) reader.take(timeNs);
    found[at * total + k] = isLeftOut ? -1 : (reader.frame[0] as number);
    Atomics.store(words, 1 + at, k);
  }
  return { values: reader.frame[0] as number };
}

const role = workerData as Role;
meet(role, 0);
parentPort?.postMessage({ write, read, publish, step }[role.kind](role));
