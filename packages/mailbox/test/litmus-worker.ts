import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { encode } from '../src/codec.ts';
import { Doorbell } from '../src/doorbell.ts';
import { FrameReader, FrameWriter } from '../src/frame-ring.ts';
import { MessageReader, MessageWriter } from '../src/message-ring.ts';
import { Envelope } from '../src/ring-reader.ts';
import type { RingReader } from '../src/ring-reader.ts';
import type { RingWriter } from '../src/ring-writer.ts';

/** What a thread of a litmus test does. */
export interface Role {
  readonly kind: 'write' | 'read' | 'switch' | 'visit';
  readonly content: 'frames' | 'messages';
  readonly buffer: SharedArrayBuffer;
  readonly bells: SharedArrayBuffer;
  /** The index of its doorbell. */
  readonly bell: number;
  readonly place: number;
  readonly total: number;
}

/** What it found. A thread that finds damage dies of it. */
export interface Finding {
  /** Messages that it wrote or read. */
  readonly count: number;
  readonly skipped: number;
  /** How often it switched, or came and went. */
  readonly changes: number;
  readonly sleeps: number;
}

const frameLength = 16;
const batchMax = 64;

/** xorshift32: what varies, varies the same way in every run. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed + 1;
  }

  upTo(max: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return 1 + ((x >>> 0) % max);
  }
}

/** Puts a thread to sleep on its doorbell when there is nothing to do. */
class Sleeper {
  sleeps = 0;
  readonly #bell: Doorbell;

  constructor(bell: Doorbell) {
    this.#bell = bell;
  }

  sleepUnless(hasWork: () => boolean): void {
    this.#bell.arm();
    if (hasWork()) return this.#bell.disarm();
    this.sleeps += 1;
    this.#bell.wait(60_000);
  }
}

function fillFrame(frame: Int32Array, n: number): void {
  for (let i = 0; i < frameLength; i += 1) frame[i] = Math.imul(n + i, 0x9e3779b1);
}

function checkFrame(frame: Int32Array, n: number): void {
  for (let i = 0; i < frameLength; i += 1) {
    if (frame[i] !== Math.imul(n + i, 0x9e3779b1)) throw new Error(`frame ${n} is torn at ${i}`);
  }
}

/** A message whose size and bytes follow from its number: mostly small, some near the bound. */
function messageOf(n: number): Uint8Array {
  const dice = new Dice(n);
  const message = new Uint8Array(n % 50 === 0 ? 800 + dice.upTo(200) : dice.upTo(100));
  for (let i = 0; i < message.length; i += 1) message[i] = n + i * 7;
  return message;
}

function checkMessage(value: unknown, n: number): void {
  assert.deepEqual(value, messageOf(n), `message ${n} is damaged`);
}

function write(role: Role, sleeper: Sleeper, bells: readonly Doorbell[]): Finding {
  const writer =
    role.content === 'frames' ? new FrameWriter(role.buffer, bells) : new MessageWriter(role.buffer, bells);
  writer.setBell(role.bell);
  const dice = new Dice(role.bell);
  let count = 0;
  while (count < role.total) {
    if (writer.room(1) <= 0) sleeper.sleepUnless(() => writer.wantRoom(1) > 0);
    const end = Math.min(role.total, count + dice.upTo(batchMax));
    while (count < end && writer.room(1) > 0) writeOne(writer, count++);
    writer.settle();
    writer.publish(0);
  }
  writer.end();
  return { count, skipped: 0, changes: 0, sleeps: sleeper.sleeps };
}

function writeOne(writer: RingWriter, n: number): void {
  if (writer instanceof FrameWriter) {
    fillFrame(writer.view() as Int32Array, n);
    writer.commit(n);
  } else if (writer instanceof MessageWriter) {
    assert.ok(writer.append(encode(messageOf(n)), n, 0, n), 'room was promised');
  }
}

/** Takes messages one by one: in order, whole, and while the reader blocks without a gap. */
class Checker {
  readonly reader: RingReader;
  count = 0;
  /** The next number that may come; while the reader has blocked all the time, the one that must. */
  #next: number | undefined;
  readonly #envelope = new Envelope();

  constructor(reader: RingReader, next: number | undefined) {
    this.reader = reader;
    this.#next = next;
  }

  takeOne(): boolean {
    const envelope = this.#envelope;
    if (!this.reader.take(envelope)) return false;
    const n = envelope.seq;
    if (envelope.time !== n) throw new Error(`message ${n} has the time of ${envelope.time}`);
    const isNext = this.#next === undefined || (this.reader.isBlocking ? n === this.#next : n >= this.#next);
    if (!isNext) throw new Error(`message ${n} came where ${this.#next} was due`);
    if (envelope.frame === undefined) checkMessage(envelope.value, n);
    else checkFrame(envelope.frame as Int32Array, n);
    this.#next = n + 1;
    this.count += 1;
    this.reader.settle();
    return true;
  }

  /** Switches; blocking begins at the writer's position, which only the next message tells. */
  switchTo(isBlocking: boolean): void {
    this.reader.setBlocking(isBlocking);
    if (isBlocking) this.#next = undefined;
  }
}

function read(role: Role, sleeper: Sleeper, bells: readonly Doorbell[]): Finding {
  const options = { place: role.place, bell: role.bell, bells };
  const reader =
    role.content === 'frames'
      ? new FrameReader(role.buffer, options)
      : new MessageReader(role.buffer, options);
  const checker = new Checker(reader, 0);
  const dice = new Dice(role.bell);
  let changes = 0;
  let untilChange = dice.upTo(5000);
  while (!reader.hasEnded()) {
    let taken = 0;
    while (taken < batchMax && checker.takeOne()) taken += 1;
    reader.release();
    untilChange -= taken;
    if (role.kind === 'switch' && untilChange <= 0) {
      checker.switchTo(!reader.isBlocking);
      changes += 1;
      untilChange = dice.upTo(5000);
    }
    if (taken > 0) continue;
    reader.nudge();
    sleeper.sleepUnless(() => reader.available() > 0 || reader.hasEnded());
  }
  return { count: checker.count, skipped: reader.skipped, changes, sleeps: sleeper.sleeps };
}

/** Attaches, reads a little, detaches, and so on until the writer has ended. */
function visit(role: Role, sleeper: Sleeper, bells: readonly Doorbell[]): Finding {
  const dice = new Dice(role.bell);
  const found = { count: 0, skipped: 0, changes: 0 };
  for (let hasEnded = false; !hasEnded; found.changes += 1) {
    const policy = (['block', 'latest', 'dropOldest'] as const)[dice.upTo(3) - 1] ?? 'block';
    const reader = new FrameReader(role.buffer, { policy, capacity: dice.upTo(64), bell: role.bell, bells });
    const checker = new Checker(reader, undefined);
    const end = dice.upTo(500);
    while (checker.count < end && !(hasEnded = reader.hasEnded())) {
      if (!checker.takeOne()) sleeper.sleepUnless(() => reader.available() > 0 || reader.hasEnded());
      reader.release();
      reader.nudge();
    }
    reader.detach();
    found.count += checker.count;
    found.skipped += reader.skipped;
  }
  return { ...found, sleeps: sleeper.sleeps };
}

function act(role: Role): Finding {
  const count = role.bells.byteLength / 128;
  const bells = Array.from({ length: count }, (_, index) => new Doorbell(role.bells, index));
  const sleeper = new Sleeper(bells[role.bell] as Doorbell);
  if (role.kind === 'write') return write(role, sleeper, bells);
  return role.kind === 'visit' ? visit(role, sleeper, bells) : read(role, sleeper, bells);
}

parentPort?.postMessage(act(workerData as Role));
