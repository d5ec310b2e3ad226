/**
 * The page of the devtools in a real browser, on a made-up run of 1,000 stages and 3,000 edges whose figures
 * all change all the time: what a person waits for, and what of the page's thread an update takes.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { devtools } from '@troupe/devtools';
import type { CDPSession, Page } from 'playwright-core';
import { openBrowser, Visit } from '../test/browser/browser.ts';
import { rigs } from '../test/browser/sketches.ts';
import type { RunSketch } from '../test/browser/synthetic.ts';
import { SyntheticRun } from '../test/browser/synthetic.ts';

const RIGS = 50;
const RIG_LENGTH = 20;
const WORKERS = 8;
const EDGES = 3000;
/** Of a graph of this size. */
const UPDATES_PER_SECOND = 4;
/** What is searched for, and a stage that is found then: one chain three times, and a stage of each chain. */
const SEARCHES = [
  ['rig7/', 'rig7/source0'],
  ['rig8/', 'rig8/source0'],
  ['tag:source', 'rig49/source0'],
  ['rig9/', 'rig9/source0'],
] as const;

interface Load {
  readonly quick: boolean;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Parameters: `seconds`, for which the updates are watched. */
export async function measure(load: Load): Promise<Record<string, number>> {
  await using browser = await openBrowser();
  let printed = '';
  const server = devtools({ onAddress: (url) => (printed = url) });
  const telemetry = new SyntheticRun(largeSketch());
  await server.attach({ telemetry: () => Promise.resolve(telemetry) });
  const startMs = performance.now();
  await using visit = await Visit.at(browser, printed, { server });
  await visit.drawn();
  const openMs = performance.now() - startMs;
  const { page } = visit;
  const opened = await elementsOf(page);
  const session = await page.context().newCDPSession(page);
  const updateMs = await updateCostMs(session, Number(load.parameters['seconds']) / (load.quick ? 4 : 1));
  const { searchMs, elements } = await search(page);
  return {
    openMs,
    updateMs,
    searchMs,
    layoutMs: await slowestLayoutMs(page),
    elements: Math.max(opened, elements),
  };
}

/** Chains side by side, and as many edges beyond them as make up the number. */
function largeSketch(): RunSketch {
  const sketch = rigs(RIGS, RIG_LENGTH, WORKERS);
  const further = sketch.stages.flatMap(({ name }, at) => {
    const to = sketch.stages[at + 2 * RIG_LENGTH + 1];
    return to === undefined || at % RIG_LENGTH === RIG_LENGTH - 1 ? [] : [{ from: name, to: to.name }];
  });
  return { ...sketch, edges: [...sketch.edges, ...further].slice(0, EDGES) };
}

/** What of the page's thread an update takes. */
async function updateCostMs(session: CDPSession, seconds: number): Promise<number> {
  await session.send('Performance.enable');
  const busyMs = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
  };
  await delay(1000);
  const startMs = performance.now();
  const before = await busyMs();
  await delay(1000 * seconds);
  const grown = (await busyMs()) - before;
  return grown / ((UPDATES_PER_SECOND * (performance.now() - startMs)) / 1000);
}

/** From the last letter of a search until the stages that are found have been laid out and drawn. */
async function search(page: Page): Promise<{ readonly searchMs: number; readonly elements: number }> {
  let elements = 0;
  let tookMs = 0;
  for (const [text, stage] of SEARCHES) {
    const startMs = performance.now();
    await page.getByRole('searchbox').fill(text);
    await page.locator(`.stage[data-stage="${stage}"]`).waitFor();
    tookMs += performance.now() - startMs;
    elements = Math.max(elements, await elementsOf(page));
  }
  return { searchMs: tookMs / SEARCHES.length, elements };
}

function elementsOf(page: Page): Promise<number> {
  return page.locator('.react-flow *').count();
}

/** The first one waits for the engine to be loaded. */
function slowestLayoutMs(page: Page): Promise<number> {
  return page.evaluate(() =>
    Math.max(...performance.getEntriesByName('layout').map(({ duration }) => duration)),
  );
}
