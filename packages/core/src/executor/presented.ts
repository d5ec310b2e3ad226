import { actorCount } from '@troupe/mailbox';
import { everyStep } from '../clock/schedule.ts';
import type { RunnerTurn, Turn } from '../clock/turn.ts';
import type { Actor } from './actor.ts';

/** Gives the tick object of an actor what the step says of its runner. */
export function presentTick({ ticker }: Actor, turn: Turn): void {
  if (ticker === undefined) return;
  const { index, dueNs, dtNs } = newestTick(ticker.runnerIndex, turn);
  ticker.present(index, dueNs, dtNs);
}

/** The actor's tick comes while it is not to run. */
export function missTick({ ticker, gauges }: Actor, turn: Turn): void {
  if (ticker === undefined) return;
  const { dueNs, dtNs } = newestTick(ticker.runnerIndex, turn);
  ticker.miss(dueNs, dtNs);
  const { counts } = gauges;
  counts[actorCount.droppedTicks] = (counts[actorCount.droppedTicks] as number) + 1;
}

function newestTick(runner: number, turn: Turn): Pick<RunnerTurn, 'index' | 'dueNs' | 'dtNs'> {
  if (runner !== everyStep) return turn.runner(runner);
  return { index: turn.step, dueNs: turn.timeNs, dtNs: turn.elapsedNs };
}
