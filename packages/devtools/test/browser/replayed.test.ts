import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReplayReport, Run } from '@troupe/core';
import { devtools } from '@troupe/devtools';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bench } from '../fixtures/bench.ts';
import { openBrowser, Visit } from './browser.ts';
import { testMs } from './sight.ts';

let browser: Browser;
const folder = mkdtempSync(join(tmpdir(), 'troupe-replayed-'));
const path = join(folder, 'bench.trp');
const lab = (): ReturnType<typeof bench> => bench({ memory: new ArrayBuffer(64) });

beforeAll(async () => {
  browser = await openBrowser();
  const options = { clock: 'fast', durationMs: 2_000, record: path, onLog: () => undefined } as const;
  const run = await lab().start(options);
  await run.done;
}, testMs);
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

/** A page on a replay of the recording, which is held until a person lets it go where that is asked for. */
async function replayed(
  query: string,
  isHeld: boolean,
): Promise<{ readonly visit: Visit; readonly report: Promise<ReplayReport> }> {
  const address = Promise.withResolvers<string>();
  const page = devtools({ control: isHeld, lingerMs: Infinity, onAddress: address.resolve });
  const holding = { name: 'holding', attach: (run: Run) => (isHeld ? run.debug.pause() : undefined) };
  const report = lab().replay(path, { observers: [holding, page] });
  const visit = await Visit.at(browser, await address.promise, { query, server: page });
  visit.page.setDefaultTimeout(60_000);
  return { visit, report };
}

describe('the page of a replay', { timeout: testMs }, () => {
  it('opens its recording by itself, says what it is, and goes to any step', async () => {
    const { visit, report } = await replayed('view=replay', false);
    await using sight = visit;
    const { page } = sight;
    expect((await report).divergence).toBeUndefined();
    await page.locator('.standing', { hasText: 'replay of bench.trp' }).waitFor();
    await page.getByText(/^The replay has ended after/).waitFor();
    const scrubber = page.getByRole('slider', { name: 'Step of the recording' });
    await scrubber.fill('60');
    await page.locator('.replay-banner', { hasText: 'step 60: exact' }).waitFor();
    await sight.picture('replayed');
    await page.getByRole('button', { name: 'Close the recording' }).click();
    // Who has closed it is not shown it again.
    await page.getByRole('button', { name: 'Open', exact: true }).waitFor();
    expect(sight.faults).toEqual([]);
  });

  it('lets a replay that is held go, step by step or to its end', async () => {
    const { visit, report } = await replayed('view=graph&stage=amplifier', true);
    await using sight = visit;
    const { page } = sight;
    await page.getByText('The run is held by you').waitFor();
    await page.getByText('0 a second, 0 in all').waitFor();
    await page
      .getByRole('complementary')
      .getByRole('button', { name: 'Let amplifier handle one tick' })
      .click();
    await page.getByText('a second, 1 in all').waitFor();
    await sight.picture('replay-held');
    await page.getByRole('button', { name: 'Resume everything' }).click();
    expect(await report).toMatchObject({ divergence: undefined, isExact: true });
    await page.getByText(/^The replay has ended after/).waitFor();
    expect(sight.faults).toEqual([]);
  });
});
