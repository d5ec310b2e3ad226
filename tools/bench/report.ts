/** The benchmark's table, as text. */
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { styleText } from 'node:util';
import type { JudgedLine, JudgedRow } from './judge.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  /** Load average of the last minute, before the benchmark's own. */
  readonly load: number;
}

export function thisMachine(): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    load: loadavg()[0] ?? 0,
  };
}

export function machineText(machine: Machine): string {
  const { cpu, cores, memoryGiB, platform: system, node, load } = machine;
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}, load ${load.toFixed(1)}`;
}

const WHAT_WIDTH = 48;
const FIGURE_WIDTH = 13;

function amount(value: number | null, unit: string): string {
  if (value === null) return 'none';
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return `${value.toFixed(digits)} ${unit}`;
}

function lineText(line: JudgedLine): string {
  const figure = amount(line.figure, line.unit).padStart(FIGURE_WIDTH);
  const bound = `${line.comparison} ${amount(line.bound, line.unit)}`.padStart(FIGURE_WIDTH);
  const verdict = line.reached ? styleText('green', 'pass') : styleText('red', 'MISS');
  return `  ${line.what.padEnd(WHAT_WIDTH)}${figure}${bound}   ${verdict}`;
}

function sampleText(sample: JudgedRow['medians'][string]): string {
  return Object.entries(sample)
    .map(([metric, value]) => `${metric} ${value.toFixed(value < 100 ? 2 : 0)}`)
    .join(', ');
}

/** One row: its lines, then what each contender measured (medians), dimmed. */
export function rowText(row: JudgedRow): string {
  const contenders = Object.entries(row.medians).map(([id, sample]) => {
    const failure = row.failures[id];
    return styleText(
      'dim',
      `    ${id}: ${failure === undefined ? sampleText(sample) : `failed, ${failure}`}`,
    );
  });
  return [styleText('bold', row.title), ...row.lines.map(lineText), ...contenders].join('\n');
}
