import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnyStage, FramePort, Handlers, Out, PortMap, Progress } from '@troupe/core';

/** What an actor has emitted: an owned copy. */
export interface Emission {
  readonly port: string;
  readonly time: number;
  readonly data: number[];
}

/** An input that the tests hand to an actor. */
export interface TestInput {
  readonly port: string;
  readonly time?: number;
  readonly frame?: ArrayLike<number>;
  readonly value?: unknown;
}

/** Options that a stage's schema refused: what a plan would report. */
export class RefusedOptions extends Error {}

/** Validates options and ports as a plan does. */
function portsOf(stage: AnyStage, raw: unknown): { options: unknown; inputs: PortMap; outputs: PortMap } {
  let options: unknown = undefined;
  if (stage.options !== undefined) {
    const result = stage.options['~standard'].validate(raw);
    if (result.issues !== undefined) {
      throw new RefusedOptions(result.issues.map((issue: { message: string }) => issue.message).join('; '));
    }
    options = result.value;
  }
  const resolve = (ports: unknown): PortMap =>
    (typeof ports === 'function' ? (ports as (o: unknown) => PortMap)(options) : ports) as PortMap;
  return { options, inputs: resolve(stage.inputs ?? {}), outputs: resolve(stage.outputs ?? {}) };
}

const elements = (port: PortMap[string] | undefined): number =>
  (port as FramePort).shape.reduce((n, d) => n * d, 1);

/**
 * Fails on anything that an executor would: wrong lengths, a commit without reserve, more emissions than
 * maxEmit.
 */
class TestOut implements Out<Record<string, FramePort<'float32'>>> {
  readonly emissions: Emission[] = [];
  /** Of the call under way: a throw discards them. */
  #pending: Emission[] = [];
  #time = 0;
  #counts = new Map<string, number>();
  readonly #reserved = new Map<string, Float32Array>();
  readonly #ports: PortMap;

  constructor(ports: PortMap) {
    this.#ports = ports;
  }

  start(time: number): void {
    this.#time = time;
    this.#counts = new Map();
    this.#reserved.clear();
    this.#pending = [];
  }

  reserve(port: string): Float32Array<ArrayBuffer> {
    const frame = new Float32Array(elements(this.#ports[port])).fill(Number.NaN);
    this.#reserved.set(port, frame);
    return frame;
  }

  commit(port: string): void {
    const frame = this.#reserved.get(port);
    if (frame === undefined) throw new Error(`commit('${port}') without reserve`);
    this.#reserved.delete(port);
    this.#emit(port, frame);
  }

  send(port: string, data: ArrayLike<number>): void {
    this.#emit(port, data);
  }

  #emit(port: string, data: ArrayLike<number>): void {
    const count = (this.#counts.get(port) ?? 0) + 1;
    this.#counts.set(port, count);
    if (count > this.#ports[port]!.maxEmit) throw new Error(`more than maxEmit emissions on '${port}'`);
    if (data.length !== elements(this.#ports[port]))
      throw new Error(`a frame of ${data.length} on '${port}'`);
    if (!Number.isInteger(this.#time)) throw new Error(`time ${this.#time} is no integer`);
    this.#pending.push({ port, time: this.#time, data: Array.from(data) });
  }

  /** The call has returned: what it emitted counts. */
  finish(): void {
    this.emissions.push(...this.#pending);
  }

  at(timeNs: number): void {
    this.#time = timeNs;
  }

  async flush(): Promise<void> {}
}

/** One actor, driven without workers. */
export class TestActor {
  readonly handlers: Handlers;
  readonly inputs: PortMap;
  readonly outputs: PortMap;
  readonly logged: string[] = [];
  readonly #out: TestOut;
  #seq = 0;

  constructor(stage: AnyStage, options?: unknown, random: () => number = () => 0.5) {
    const { options: parsed, inputs, outputs } = portsOf(stage, options);
    this.inputs = inputs;
    this.outputs = outputs;
    this.#out = new TestOut(outputs);
    this.handlers = stage.create({
      name: 'test',
      options: parsed,
      log: (message: string) => this.logged.push(message),
      random,
      latches: {},
      now: () => 0,
      post: () => true,
      events: {},
      modes: { current: 'idle', end: () => undefined },
    });
    void this.handlers.onStart?.();
  }

  get emissions(): Emission[] {
    return this.#out.emissions;
  }

  /** All values emitted so far, in order. */
  get values(): number[] {
    return this.emissions.flatMap(({ data }) => data);
  }

  input({ port, time = 0, frame, value }: TestInput): void {
    const owned = frame === undefined ? undefined : Float32Array.from(frame);
    if (owned !== undefined && owned.length !== elements(this.inputs[port])) {
      throw new Error(`an input frame of ${owned.length} on '${port}'`);
    }
    this.#out.start(time);
    const input = { port, seq: this.#seq++, time, redelivered: false, resent: false, frame: owned, value };
    void this.handlers.onInput?.(input, this.#out);
    this.#out.finish();
  }

  /** Hands over frames of the port's size, one after the other. */
  feed(port: string, values: ArrayLike<number>): this {
    const size = elements(this.inputs[port]);
    const all = Array.from(values);
    for (let at = 0; at < all.length; at += size) this.input({ port, frame: all.slice(at, at + size) });
    return this;
  }

  tick(time: number): void {
    this.#out.start(time);
    void this.handlers.onTick?.(
      { time, dt: 1, index: 0, dropped: 0, runner: () => ({ step: 0, fraction: 0 }) },
      this.#out,
    );
    this.#out.finish();
  }

  async demand(): Promise<void | 'end'> {
    this.#out.start(0);
    const result = await this.handlers.onDemand?.(this.#out);
    this.#out.finish();
    return result;
  }

  /** Plays a source to its end, or for at most so many calls. */
  async play(callsMax: number = Infinity): Promise<this> {
    for (let calls = 0; calls < callsMax; calls++) if ((await this.demand()) === 'end') break;
    return this;
  }

  progress(): Progress | undefined {
    return this.handlers.progress?.();
  }

  /** The state, as it survives a structured clone. */
  snapshot(): unknown {
    return structuredClone(this.handlers.snapshot?.());
  }

  restore(state: unknown): this {
    this.handlers.restore?.(state);
    return this;
  }

  stop(): void {
    void this.handlers.onStop?.();
  }
}

/** Runs `use` with a fresh folder, and removes it. */
export async function withFolder<T>(use: (path: (name: string) => string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-stages-'));
  try {
    return await use((name) => join(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The test signal of the SciPy reference values, as float32: sin(0.3·i) + 0.5·cos(1.7·i + 0.2). */
export const referenceSignal = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(0.3 * i) + 0.5 * Math.cos(1.7 * i + 0.2));
