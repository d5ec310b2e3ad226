/**
 * The CPU time of the main thread of a live graph that is being watched: without a page, and with one in
 * another process that takes figures ten times a second, and the details of a stage. Every stage handles a
 * frame with every tick, so that all figures change all the time.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { graph } from '@troupe/core';
import { devtools } from '@troupe/devtools';
import { countOf, numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';
import { smallRelay } from '../stages/small-relay.ts';
import { tickSource } from '../stages/tick-source.ts';

const SETTLE_MS = 1000;
const TICK_HZ = 20;

/** Parameters: `stages`, `seconds` (of each measurement). */
export async function measure(load: Load): Promise<Sample> {
  const declared = graph('watched');
  const source = declared.stage('source', tickSource, { tick: { hz: TICK_HZ } });
  let frames = source.out.frames;
  for (let index = 1; index < numberOf(load, 'stages'); index++) {
    const relay = declared.stage(`relay${index}`, smallRelay);
    declared.connect(frames, relay.in.frames);
    frames = relay.out.frames;
  }
  const { promise: address, resolve: onAddress } = Promise.withResolvers<string>();
  const run = await declared.start({ workers: 2, observers: [devtools({ onAddress })] });
  const seconds = countOf(load, numberOf(load, 'seconds'));
  await delay(SETTLE_MS);
  const alonePercent = await mainPercent(seconds);
  const page = await openPage(await address);
  await delay(SETTLE_MS);
  const watchedPercent = await mainPercent(seconds);
  const received = await closePage(page);
  await run.stop();
  return { alonePercent, watchedPercent, costPercent: watchedPercent - alonePercent, ...received };
}

/** What this thread takes of one core. */
async function mainPercent(seconds: number): Promise<number> {
  const startMs = performance.now();
  const before = process.threadCpuUsage();
  await delay(1000 * seconds);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 10 / (performance.now() - startMs);
}

async function openPage(url: string): Promise<ChildProcess> {
  const page = fork(fileURLToPath(new URL('../peers/page.ts', import.meta.url)), [url]);
  await once(page, 'message');
  return page;
}

async function closePage(page: ChildProcess): Promise<Sample> {
  const told = once(page, 'message');
  page.send('end');
  const [received] = (await told) as [Sample];
  return received;
}
