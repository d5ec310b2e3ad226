import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { switched } from '../fixtures/bench.ts';
import { openBrowser } from './browser.ts';
import { Sight, testMs } from './sight.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
}, testMs);
afterAll(() => browser.close());

describe('The inspector of a real run', { timeout: testMs }, () => {
  it('says what the thread of a stage uses, and what of it is the stage’s', async () => {
    await using sight = await Sight.of(browser, 'stage=filter', { bench: { takesMs: 20 } });
    const facts = sight.visit.page.getByRole('region', { name: 'Facts' });
    await facts.getByText('worker 2, shared with 3 stages').waitFor();
    await facts.getByText(/^[1-9]\d* % of a core, all 4 stages$/).waitFor();
    await facts.getByText(/^[1-9][\d.]* ms a second, of [1-9][\d.]* ms of all its stages$/).waitFor();
    // A compute worker has no event loop to be delayed.
    expect(await facts.getByText('Loop delay').count()).toBe(0);
    await sight.visit.picture('inspector-thread');
    expect(sight.visit.faults).toEqual([]);
  });

  it('says how late the event loop of the main thread is', async () => {
    await using sight = await Sight.of(browser, 'stage=screen');
    const facts = sight.visit.page.getByRole('region', { name: 'Facts' });
    await facts.getByText('main thread, alone').waitFor();
    await facts.getByText(/^[1-9]\d* % of a core, with the application$/).waitFor();
    await facts.getByText(/^p50 [\d.]+ ms, p99 [\d.]+ ms$/).waitFor();
    expect(sight.visit.faults).toEqual([]);
  });

  it('names the event that a stage waits for, as its card does', async () => {
    await using sight = await Sight.of(browser, 'stage=lamp', { graph: switched() });
    const { page } = sight.visit;
    const card = (name: string, text: string): Promise<void> =>
      page.locator(`.stage[data-stage="${name}"][aria-description*="${text}"]`).waitFor();
    await card('lamp', "off: event 'armed' not set");
    await card('eye', "waits for event 'shutter'");
    await sight.text("Off: event 'armed' not set").waitFor();
    await sight.visit.picture('switched');
    await sight.run.events.set('armed');
    await page.locator('.stage[data-stage="lamp"][data-health="idle"]').waitFor();
    await sight.text('Running').waitFor();
    await sight.run.events.reset('armed');
    await card('lamp', "off: event 'armed' not set");
    expect(sight.visit.faults).toEqual([]);
  });
});
