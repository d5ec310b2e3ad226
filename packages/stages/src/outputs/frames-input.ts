import * as v from 'valibot';
import { wholeNumber } from '../samples.ts';

/** Options entry: the shape of the frames that a sink takes, such as `[8]` or `[5, 5]`; `[]` is a scalar. */
export const frameShape: v.GenericSchema<readonly number[]> = v.pipe(
  v.array(wholeNumber(1, 1_048_576)),
  v.maxLength(8),
);

/** Options entry: a path. */
export const filePath: v.GenericSchema<string> = v.pipe(v.string(), v.minLength(1));

/** How many values a frame of this shape has. */
export const valueCount = (shape: readonly number[]): number => shape.reduce((count, n) => count * n, 1);
