/**
 * `npm run test:soak -- [--from 500] [--shape chain] [--seconds 60]`: simulates all shapes with seed
 * after seed until it is told to end (Ctrl-C) or the time is over. Prints each seed that fails, and at the
 * end one summary; its exit code is 1 where any has.
 */
import { parseArgs } from 'node:util';
import { judge } from './judge.ts';
import { shapes } from './shapes.ts';

/** How often it says that it is there. */
const wordEveryMs = 10_000;

const { values } = parseArgs({
  options: {
    // `npm test` has those before.
    from: { type: 'string', default: '500' },
    shape: { type: 'string' },
    seconds: { type: 'string', default: 'Infinity' },
  },
});

/** How far it has come. */
class Tally {
  readonly #sinceMs = performance.now();
  #seeds = 0;
  #calls = 0;
  #faults = 0;
  readonly failures: string[] = [];

  note(calls: number, faults: number): void {
    this.#seeds++;
    this.#calls += calls;
    this.#faults += faults;
  }

  fail(shape: string, seed: number, { name, message, ...error }: Error & { code?: string }): void {
    this.#seeds++;
    const line = `${shape}, seed ${seed}: ${error.code ?? name}: ${message}`;
    this.failures.push(line);
    console.log(line);
  }

  /** In one line. */
  summary(): string {
    const perSecond = (this.#seeds / (performance.now() - this.#sinceMs)) * 1e3;
    const [seeds, calls, faults] = [this.#seeds, this.#calls, this.#faults].map((n) =>
      n.toLocaleString('en'),
    );
    const failed = this.failures.length === 0 ? 'none failed' : `${this.failures.length} FAILED`;
    return `${seeds} seeds, ${perSecond.toFixed(1)} per second, ${calls} calls, ${faults} faults: ${failed}`;
  }
}

async function soak(from: number, untilMs: number): Promise<void> {
  const { shape: only } = values;
  const wanted = shapes.filter(({ name }) => only === undefined || name === only);
  if (wanted.length === 0) throw new Error(`there is no shape '${only}'`);
  const tally = new Tally();
  let isOver = false;
  process.once('SIGINT', () => (isOver = true));
  let toldMs = performance.now();
  const hasTime = (): boolean => !isOver && performance.now() < untilMs;
  for (let seed = from; hasTime(); seed++) {
    for (const shape of wanted) {
      if (!hasTime()) break;
      try {
        const { calls, faults } = await judge(shape, seed);
        tally.note(calls, faults.length);
      } catch (error) {
        tally.fail(shape.name, seed, error as Error);
      }
      if (performance.now() - toldMs < wordEveryMs) continue;
      toldMs = performance.now();
      console.log(`seed ${seed}: ${tally.summary()}`);
    }
  }
  console.log(`from seed ${from}: ${tally.summary()}`);
  for (const failure of tally.failures) console.log(`  ${failure}`);
  process.exitCode = tally.failures.length > 0 ? 1 : 0;
}

await soak(Number(values.from), performance.now() + Number(values.seconds) * 1e3);
