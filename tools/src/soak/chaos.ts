import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '@troupe/core';
import { deed, word } from './stages.ts';

/** What has been done to a run, and how often. */
export type Deeds = Record<keyof typeof deed | 'modes' | 'refused' | 'switched', number>;

const modes = ['idle', 'recording', 'training', 'predicting'] as const;
const kinds = ['exit', 'timer', 'throw', 'hang'] as const;
/** The edge whose reader is switched between blocking and not. */
const lossy = { from: { stage: 'second', port: 'out' }, to: { stage: 'recorder', port: 'in' } } as const;
const pauseMsMax = 120;

/** mulberry32. */
function diceOf(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) % limit;
  };
}

/** Kills, throws, hangs, changes modes and switches readers, until it is told to end. */
export async function wreak(run: Run, words: Int32Array, seed: number, signal: AbortSignal): Promise<Deeds> {
  const deeds: Deeds = { none: 0, exit: 0, timer: 0, throw: 0, hang: 0, modes: 0, refused: 0, switched: 0 };
  const below = diceOf(seed);
  let isBlocking = true;
  while (!signal.aborted) {
    await sleep(below(pauseMsMax));
    const kind = below(10);
    if (kind < 5) {
      const asked = kinds[below(kinds.length)] ?? 'throw';
      Atomics.store(words, below(2) === 0 ? word.first : word.second, deed[asked]);
      deeds[asked]++;
    } else if (kind < 9) {
      deeds.modes++;
      const mode = modes[below(modes.length)] ?? 'idle';
      await run.modes.request(mode).catch(() => deeds.refused++);
    } else {
      isBlocking = !isBlocking;
      deeds.switched++;
      await run.setBlocking(lossy, isBlocking);
    }
  }
  return deeds;
}
