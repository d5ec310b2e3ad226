import type { Handlers, Input, MessagePort, Stage } from '@troupe/core';
import { defineStage, frame, message } from '@troupe/core';
import * as v from 'valibot';
import type { OptionsSchema, SamplesPort } from '../samples.ts';
import { formatFloat32 } from './format-float32.ts';
import { filePath, frameShape } from './frames-input.ts';
import { LineFile } from './line-file.ts';

/** Options of `jsonLinesSink`. */
export interface JsonLinesSinkOptions {
  /** The file, which is emptied when the first line comes. Its folder must exist. */
  readonly path: string;
  /** Shape of the frames; left out, only the input `values` is to be connected. */
  readonly shape?: readonly number[] | undefined;
}

type JsonLinesIn = { readonly frames: SamplesPort; readonly values: MessagePort };

/** JSON has no NaN and no infinity: they become null, as JSON.stringify has it. */
const numberText = (value: number): string => (Number.isFinite(value) ? formatFloat32(value) : 'null');

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return Array.from(value as unknown as ArrayLike<number | bigint>);
  }
  return value;
}

class JsonLinesWriter implements Handlers<JsonLinesIn, {}> {
  readonly #file: LineFile;

  constructor(path: string) {
    this.#file = new LineFile(path);
  }

  onInput(input: Input<JsonLinesIn>): void {
    const head = `{"seq":${input.seq},"timeNs":${input.time}`;
    if (input.port === 'values') {
      this.#file.write(`${head},"value":${JSON.stringify(input.value, plain) ?? 'null'}}`);
      return;
    }
    let line = `${head},"frame":[`;
    for (let i = 0; i < input.frame.length; i++) line += (i === 0 ? '' : ',') + numberText(input.frame[i]!);
    this.#file.write(`${line}]}`);
  }

  onStop(): void {
    this.#file.close();
  }

  snapshot(): true {
    this.#file.begin();
    this.#file.flush();
    return true;
  }

  restore(): void {
    this.#file.resume();
  }
}

/**
 * Writes frames, values or both to a file of JSON lines (one JSON object per line, UTF-8, LF):
 * `{"seq":0,"timeNs":0,"frame":[1.5,2]}` with the frame's values, row-major, or
 * `{"seq":0,"timeNs":0,"value":…}`. `timeNs` is integer nanoseconds since the run's epoch. Not-a-number and
 * infinities become null, big integers strings, typed arrays arrays, `undefined` null.
 *
 * Inputs `frames`: float32 of `shape`, optional when no shape is given; `values`: any value, optional when
 * one is. Memory: 64 KiB, written when full, at least every second while lines come, and at stop. Restored
 * from a snapshot it goes on at the end of the file; what was redelivered may then stand there twice.
 *
 * Create throws `SinkFileError` when the file cannot be opened for writing.
 */
export const jsonLinesSink: Stage<OptionsSchema<JsonLinesSinkOptions>, JsonLinesIn, {}> = defineStage({
  module: import.meta.url,
  name: 'jsonLinesSink',
  inputs: ({ shape }: JsonLinesSinkOptions): JsonLinesIn => ({
    frames: frame('float32', shape ?? [1], { optional: shape === undefined }),
    values: message(undefined, { optional: shape !== undefined }),
  }),
  options: v.object({ path: filePath, shape: v.optional(frameShape) }),
  create: ({ options }) => new JsonLinesWriter(options.path),
});
