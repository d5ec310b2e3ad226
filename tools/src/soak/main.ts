/**
 * `npm run soak -- --minutes 10 [--seed 1]`: a graph on real threads that is killed, thrown in, hung and
 * switched between modes, for as long as it is told. At the end every number that went in must have come out,
 * once and in order, or lie among the dead letters; and memory must have stayed where it was.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseArgs } from 'node:util';
import { graph } from '@troupe/core';
import type { DeadLetter, Run, RunReport } from '@troupe/core';
import { wreak } from './chaos.ts';
import type { Deeds } from './chaos.ts';
import { predictor, recorder, relay, word } from './stages.ts';

const sampleEveryMs = 2_000;
/** What memory may have grown by, from the second quarter of the run to the last one. */
const heapGrowthMbMax = 16;
const rssGrowthMbMax = 96;
const mb = 2 ** 20;
/** Numbers that are pushed between two rests of main. */
const burst = 64;
const faultsMax = 20;

/** The numbers that have come out, and those that have not. */
class Arrivals {
  next = 0;
  readonly missing = new Set<number>();
  readonly faults: string[] = [];

  take(n: number, isMarked: boolean): void {
    for (let missing = this.next; missing < n; missing++) this.missing.add(missing);
    if (n >= this.next) this.next = n + 1;
    else if (!isMarked) this.#complain(`${n} came twice, and was not marked`);
  }

  /** What is missing must lie among the dead letters, and the other way round. */
  compare(pushed: number, dead: ReadonlySet<number>): string[] {
    for (let missing = this.next; missing < pushed; missing++) this.missing.add(missing);
    const lost = [...this.missing].filter((n) => !dead.has(n)).map((n) => `${n} is lost`);
    const spared = [...dead].filter((n) => !this.missing.has(n)).map((n) => `${n} was given up, and came`);
    return [...this.faults, ...lost.slice(0, faultsMax), ...spared.slice(0, faultsMax)];
  }

  #complain(fault: string): void {
    if (this.faults.length < faultsMax) this.faults.push(fault);
  }
}

interface Sample {
  readonly heapMb: number;
  readonly rssMb: number;
}

function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

/** Samples the memory, and collects dead letters, of which a run keeps the newest only. */
async function sample(run: Run, dead: Set<number>, signal: AbortSignal): Promise<Sample[]> {
  const collect = collector();
  const samples: Sample[] = [];
  while (!signal.aborted) {
    await sleep(sampleEveryMs);
    note(run.deadLetters(), dead);
    collect();
    const { heapUsed, rss } = process.memoryUsage();
    samples.push({ heapMb: heapUsed / mb, rssMb: rss / mb });
  }
  return samples;
}

function note(letters: readonly DeadLetter[], dead: Set<number>): void {
  for (const { frame } of letters) dead.add(Number(frame?.[0]));
}

/** The least of each quarter: what is in use, apart from what happens to be under way. */
function growthOf(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const quarter = Math.floor(samples.length / 4);
  const least = (from: number, to?: number): number => Math.min(...samples.slice(from, to).map(of));
  return quarter === 0 ? 0 : least(-quarter) - least(quarter, 2 * quarter);
}

async function open(words: Int32Array<SharedArrayBuffer>): Promise<Run> {
  const g = graph('soak');
  const memory = words.buffer;
  const supervision = { triesMax: 3, restartsMax: 1_000_000, backoffMs: 1, watchdogMs: 200 };
  const at = (own: number): { readonly options: { memory: SharedArrayBuffer; at: number } } => ({
    options: { memory, at: own },
  });
  const first = g.stage('first', relay, { ...at(word.first), worker: { group: 'a' }, supervision });
  const second = g.stage('second', relay, { ...at(word.second), worker: { group: 'b' }, supervision });
  const recording = g.stage('recorder', recorder, {
    ...at(word.recording),
    worker: { group: 'c' },
    activeIn: ['recording'],
  });
  const predicting = g.stage('predictor', predictor, { ...at(word.predicting), activeIn: ['predicting'] });
  g.input('in', first.in.in, { capacity: 256 });
  g.connect(first.out.out, second.in.in, { capacity: 64 });
  g.connect(second.out.out, recording.in.in, { capacity: 64 });
  g.connect(second.out.out, predicting.in.in, { capacity: 64, overflow: 'dropOldest' });
  g.output('out', second.out.out, { capacity: 256 });
  return g.start({ replacements: { max: 1_000_000, withinMs: 10_000 }, onLog: () => {} });
}

/** Pushes numbers until the time is over. How many. */
async function feed(run: Run, signal: AbortSignal): Promise<number> {
  let n = 0;
  while (!signal.aborted) {
    for (let i = 0; i < burst; i++) await run.push('in', Float64Array.of(n++));
    await sleep(1);
  }
  return n;
}

/** What was sent on an edge and neither received nor dropped for a reason. */
function unaccounted({ stats }: RunReport): string[] {
  return stats.edges.flatMap(({ from, to, sent, received, drops, depth }) => {
    const dropped = Object.values(drops).reduce((sum: number, count: number) => sum + count, 0);
    const rest = sent - received - dropped - depth;
    return rest === 0 ? [] : [`${from} to ${to}: ${rest} of ${sent} messages unaccounted for`];
  });
}

/** What has gone wrong between the handlers, apart from numbers. */
function faultsIn(report: RunReport, words: Int32Array, dead: ReadonlySet<number>): string[] {
  const faults = unaccounted(report);
  const overlaps = words[word.overlaps] as number;
  if (overlaps > 0) faults.push(`handlers of two modes ran at once, ${overlaps} times`);
  const given = report.stats.stages.reduce((sum, { deadLettered }) => sum + deadLettered, 0);
  if (given !== dead.size) faults.push(`${given} dead letters were counted, ${dead.size} were there`);
  return faults;
}

function tell(deeds: Deeds, report: RunReport, samples: readonly Sample[], pushed: number): void {
  const { exit, timer, throw: thrown, hang, modes, refused, switched } = deeds;
  const last = samples.at(-1) ?? { heapMb: 0, rssMb: 0 };
  const dead = report.stats.stages.reduce((sum, { deadLettered }) => sum + deadLettered, 0);
  console.log(`  numbers        ${pushed.toLocaleString('en')} in; ${dead} of them are dead letters`);
  console.log(`  deaths         ${exit} exits, ${timer} timers, ${hang} hangs; ${thrown} throws`);
  console.log(`  replacements   ${report.replacements.length}`);
  console.log(`  modes          ${modes} requests, ${refused} of them refused; ${switched} readers switched`);
  console.log(`  heap           ${last.heapMb.toFixed(1)} MB; bound ${heapGrowthMbMax} MB more`);
  console.log(`  rss            ${last.rssMb.toFixed(1)} MB; bound ${rssGrowthMbMax} MB more`);
}

async function main(minutes: number, seed: number): Promise<void> {
  const words = new Int32Array(new SharedArrayBuffer(128));
  const run = await open(words);
  const arrivals = new Arrivals();
  const dead = new Set<number>();
  run.onSample('out', ({ frame, redelivered }) => arrivals.take(Number(frame[0]), redelivered));
  const signal = AbortSignal.timeout(minutes * 60_000);
  const [pushed, deeds, samples] = await Promise.all([
    feed(run, signal),
    wreak(run, words, seed, signal),
    sample(run, dead, signal),
  ]);
  const report = await run.stop({ drain: true, timeoutMs: 30_000 });
  const heapMb = growthOf(samples, (sample) => sample.heapMb);
  const rssMb = growthOf(samples, (sample) => sample.rssMb);
  note(report.deadLetters, dead);
  const faults = [...arrivals.compare(pushed, dead), ...faultsIn(report, words, dead)];
  if (heapMb > heapGrowthMbMax) faults.push(`the heap has grown by ${heapMb.toFixed(1)} MB`);
  if (rssMb > rssGrowthMbMax) faults.push(`the resident memory has grown by ${rssMb.toFixed(1)} MB`);
  console.log(`soak of ${minutes} minutes, seed ${seed}: ${faults.length === 0 ? 'ok' : 'FAILED'}`);
  tell(deeds, report, samples, pushed);
  console.log(`  growth         heap ${heapMb.toFixed(1)} MB, rss ${rssMb.toFixed(1)} MB`);
  for (const fault of faults) console.log(`  fault          ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
});
await main(Number(values.minutes), Number(values.seed));
