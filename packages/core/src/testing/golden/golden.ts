import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isFrame, isSame, payloadText } from '../equality.ts';
import type { Tolerance } from '../equality.ts';
import { GoldenError } from '../errors.ts';
import { goldenText, parseGolden } from './golden-text.ts';
import type { Outputs } from './golden-text.ts';

/** How outputs are compared with a golden file. */
export interface GoldenOptions {
  /** Exact unless given. */
  readonly tolerance?: Tolerance;
  /** Writes the file instead. As `TROUPE_UPDATE` or `--update` on the command line say unless given. */
  readonly update?: boolean;
}

/** The most differences that are told. */
const differencesMax = 10;

/**
 * Compares outputs, by port and in order, with those in a file; bit for bit (every NaN being the same) or
 * within a tolerance. The file is written when that is asked for, and else must be there. Throws
 * `GoldenError`, with every port and element that differs (the first ten).
 */
export function golden(file: string | URL, outputs: Outputs, options: GoldenOptions = {}): void {
  const path = typeof file === 'string' ? file : fileURLToPath(file);
  if (options.update ?? isUpdate()) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, goldenText(outputs));
    return;
  }
  const differing = differences(parseGolden(readGolden(path)), outputs, options.tolerance ?? {});
  if (differing.length === 0) return;
  const told = differing.slice(0, differencesMax).map((line) => `  ${line}`);
  if (differing.length > told.length) told.push(`  and ${differing.length - told.length} more`);
  throw new GoldenError(
    `the outputs are not those of ${path}\n${told.join('\n')}`,
    'If they are right, write the file anew: run the test with TROUPE_UPDATE=1, and read the change.',
  );
}

function isUpdate(): boolean {
  return process.env['TROUPE_UPDATE'] !== undefined || process.argv.includes('--update');
}

function readGolden(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new GoldenError(
      `there is no golden file ${path}`,
      'Write it: run the test with TROUPE_UPDATE=1, and read what it says.',
    );
  }
}

function differences(expected: Outputs, actual: Outputs, tolerance: Tolerance): readonly string[] {
  const ports = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...ports].flatMap((port) => {
    const [was, is] = [expected[port], actual[port]];
    if (was === undefined) return [`${port}: ${is?.length} outputs, of which the file knows nothing`];
    if (is === undefined) return [`${port}: missing, the file has ${was.length} outputs`];
    const length = was.length === is.length ? [] : [`${port}: ${is.length} outputs, not ${was.length}`];
    const common = was.slice(0, is.length);
    return [
      ...length,
      ...common.flatMap((data, i) => dataDifference(`${port} #${i + 1}`, data, is[i], tolerance)),
    ];
  });
}

function dataDifference(place: string, was: unknown, is: unknown, tolerance: Tolerance): readonly string[] {
  if (isSame(was, is, tolerance)) return [];
  const isAlike = isFrame(was) && isFrame(is) && was.length === is.length;
  if (!isAlike || was[Symbol.toStringTag] !== is[Symbol.toStringTag]) {
    return [`${place} is ${payloadText(is)}, not ${payloadText(was)}`];
  }
  return Array.from(was, (value, i) => [value, is[i], i] as const)
    .filter(([one, other]) => !isSame(one, other, tolerance))
    .map(([one, other, i]) => `${place} element ${i} is ${payloadText(other)}, not ${payloadText(one)}`);
}
