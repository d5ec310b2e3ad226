import { graph } from '@troupe/core';
import type { Graph } from '@troupe/core';
import type { Browser } from 'playwright-core';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { features, filter, sink } from '../fixtures/bench.ts';
import { openBrowser } from './browser.ts';
import { Sight, testMs, until } from './sight.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
}, testMs);
afterAll(async () => {
  await browser.close();
});

/** > eeg → filter → features → model >, and > notes → notebook: pushed and pulled by the application. */
function pushed(): Graph {
  const g = graph('pushed');
  const band = { memory: new SharedArrayBuffer(64), takesMs: 2, band: [1, 40] };
  const filtered = g.stage('filter', filter, { options: band });
  const values = g.stage('features', features, { options: { throwsEvery: 0 } });
  const notebook = g.stage('notebook', sink, { options: { takesMs: 0 } });
  g.input('eeg', filtered.in.samples);
  g.connect(filtered.out.samples, values.in.samples);
  g.output('model', values.out.features, { overflow: 'latest' });
  g.input('notes', notebook.in.in);
  return g;
}

/** Of the frame with that number. */
const numberOf = (seq: number): number => seq * 3 + 1;

function edgeQuery(name: string): string {
  return `view=messages&edge=${encodeURIComponent(name)}`;
}

/** Pushes frame after frame, a note with each, until the page has what it waits for. */
async function pushUntil(sight: Sight, isSo: () => Promise<boolean>): Promise<void> {
  let n = sight.run.stats().edges.find(({ from }) => from === '> eeg')?.sent ?? 0;
  await until('what is pushed shows', async () => {
    sight.run.tryPush('notes', { n, text: `note ${n}` });
    if (sight.run.tryPush('eeg', new Float32Array(512).fill(numberOf(n)))) n += 1;
    return isSo();
  });
}

async function fact(sight: Sight, name: string): Promise<string> {
  const item = sight.visit.page.locator('.message-sheet dl > div', { hasText: name });
  return item.locator('dd').innerText();
}

describe('A tap on what the application pushes', { timeout: testMs }, () => {
  it.each([
    ['realtime', /^[\d.]+ (ns|µs|ms|s)$/],
    ['paced', /^not under the paced clock$/],
  ] as const)('shows frames as all other edges do: %s', async (clock, latency) => {
    const query = edgeQuery('eeg → filter.samples');
    await using sight = await Sight.of(browser, query, { graph: pushed(), start: { clock } });
    const { page } = sight.visit;
    const names = page.getByRole('listbox', { name: 'Edges' }).getByRole('option');
    await names.first().waitFor();
    expect((await names.allInnerTexts()).toSorted()).toEqual([
      'eeg → filter.samples',
      'features.features → model',
      'filter.samples → features.samples',
      'notes → notebook.in',
    ]);
    await pushUntil(sight, () => page.locator('.message-sheet').isVisible());
    await sight.button('Hold the list').click();
    await sight.button('Numbers').click();
    await page.locator('.message-sheet', { hasText: 'float32[8 × 64]' }).waitFor();
    const seq = Number((await fact(sight, 'Seq')).replaceAll(/\D/g, ''));
    const cells = await page.locator('.number-row').first().locator('.number-cell').allInnerTexts();
    expect(cells.map(Number)).toEqual(cells.map(() => numberOf(seq)));
    expect(await fact(sight, 'Latency so far')).toMatch(latency);
    expect((await page.locator('.message-latency').count()) > 0).toBe(clock === 'realtime');
    await sight.visit.picture(`tap-${clock}`);
    expect(sight.visit.faults).toEqual([]);
  });

  it('shows values, and what goes out to the application', async () => {
    await using sight = await Sight.of(browser, edgeQuery('notes → notebook.in'), { graph: pushed() });
    const { page } = sight.visit;
    const row = page.locator('.message-row', { hasText: 'note' });
    await pushUntil(sight, async () => (await row.count()) > 0);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    await page.getByRole('option', { name: 'features.features → model' }).click();
    await page.getByRole('heading', { name: 'features.features → model' }).waitFor();
    await pushUntil(sight, async () => (await page.locator('.message-row').count()) > 0);
    // It has been through a stage that takes 2 ms for each.
    const latency = await fact(sight, 'Latency so far');
    expect(latency).toMatch(/^[\d.]+ (ms|s)$/);
    await sight.visit.picture('tap-output');
    expect(sight.visit.faults).toEqual([]);
  });
});
