import { setTimeout as sleep } from 'node:timers/promises';
import type { Graph, Run, StartOptions } from '@troupe/core';
import { devtools } from '@troupe/devtools';
import type { DevtoolsOptions } from '@troupe/devtools';
import type { Browser, Locator } from 'playwright-core';
import type { BenchOptions } from '../fixtures/bench.ts';
import { bench, word } from '../fixtures/bench.ts';
import { Visit } from './browser.ts';

/** Of a test, and of what it waits for. */
export const testMs = 240_000;
const waitMs = 120_000;

/** A run of the bench with a page on it. */
export class Sight implements AsyncDisposable {
  readonly run: Run;
  readonly visit: Visit;
  readonly words: Int32Array;

  private constructor(run: Run, visit: Visit, words: Int32Array) {
    this.run = run;
    this.visit = visit;
    this.words = words;
  }

  static async of(browser: Browser, query: string, given: SightOptions = {}): Promise<Sight> {
    const memory = given.bench?.memory ?? new SharedArrayBuffer(64);
    let printed = '';
    const observer = devtools({ control: true, ...given.devtools, onAddress: (url) => (printed = url) });
    const g = given.graph ?? bench({ hz: 20, ...given.bench, memory });
    const run = await g.start({
      workers: 2,
      observers: [observer],
      onLog: () => undefined,
      ...given.start,
    });
    const visit = await Visit.at(browser, printed, { query });
    visit.page.setDefaultTimeout(waitMs);
    return new Sight(run, visit, new Int32Array(memory));
  }

  button(name: string | RegExp): Locator {
    return this.visit.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  text(text: string | RegExp): Locator {
    return this.visit.page.getByText(text).first();
  }

  get handled(): number {
    return Atomics.load(this.words, word.handled);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.visit[Symbol.asyncDispose]();
    await this.run.stop();
  }
}

interface SightOptions {
  readonly bench?: Partial<BenchOptions>;
  /** In place of the bench. */
  readonly graph?: Graph;
  readonly start?: StartOptions;
  readonly devtools?: DevtoolsOptions;
}

/** Waits until something is so; `what` says what in the error. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + waitMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await sleep(50);
  }
}
