import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eegNumber, word } from '../fixtures/bench.ts';
import { openBrowser } from './browser.ts';
import { Sight, testMs, until } from './sight.ts';

let browser: Browser;
const folder = mkdtempSync(join(tmpdir(), 'troupe-views-'));

beforeAll(async () => {
  browser = await openBrowser();
}, testMs);
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

const eegEdge = `edge=${encodeURIComponent('amplifier.samples → filter.samples')}`;

describe('The views of a real run', { timeout: testMs }, () => {
  it('a tapped frame shows the very numbers that were sent', async () => {
    await using sight = await Sight.of(browser, `view=messages&${eegEdge}`);
    const { page } = sight.visit;
    await sight.text('Showing the newest').waitFor();
    await sight.button('Hold the list').click();
    await sight.button('Numbers').click();
    const seq = await page.locator('.message-sheet dd').first().innerText();
    const cells = await page.locator('.number-row').first().locator('.number-cell').allInnerTexts();
    const sent = Number(seq.replaceAll(/\D/g, ''));
    expect(cells).toHaveLength(8);
    expect(cells.map((text) => Math.fround(Number(text)))).toEqual(
      Array.from({ length: 8 }, (_, at) => eegNumber(sent, at)),
    );
    expect(sight.visit.faults).toEqual([]);
  });

  it('a mode button changes the mode, and the change is listed', async () => {
    await using sight = await Sight.of(browser, 'view=modes');
    await sight.button('Request mode training').click();
    await sight.visit.page.locator('.mode-now', { hasText: 'training' }).waitFor();
    expect(sight.run.modes.state).toBe('training');
    const row = sight.visit.page.getByRole('row', { name: /idle training entered/ });
    await row.waitFor();
    await sight.button('Set marker').click();
    await sight.visit.page.getByRole('row', { name: /^marker set 1/ }).waitFor();
    expect(sight.run.events.count('marker')).toBe(1);
    expect(sight.visit.faults).toEqual([]);
  });

  it("a killed worker's restart shows, in the inspector and in the log", async () => {
    await using sight = await Sight.of(browser, 'view=log&stage=filter');
    await sight.text('It has never been restarted.').waitFor();
    Atomics.store(sight.words, word.dies, 1);
    await sight.text(/its worker ended; back after/).waitFor();
    await sight.text(/Worker \d ended and was replaced/).waitFor();
    const before = sight.handled;
    await until('the successor handles messages', () => sight.handled > before);
    expect(sight.visit.faults).toEqual([]);
  });

  it('pause holds, and resume loses nothing', async () => {
    await using sight = await Sight.of(browser, 'view=threads');
    await until('messages flow', () => sight.handled > 5);
    await sight.button('Pause the run').click();
    await sight.text('The run is held by you').waitFor();
    await until('the run says so, too', () => sight.run.debug.state.isAllHeld);
    const held = sight.handled;
    // A held run has time to do what it must not do: many ticks come due meanwhile.
    await sleep(1_000);
    expect(sight.handled).toBe(held);
    await sight.button('Resume everything').click();
    await until('messages flow again', () => sight.handled > held + 5);
    const { stats } = await sight.run.stop({ drain: true });
    const sent = stats.stages.find(({ name }) => name === 'amplifier')?.out;
    expect(sight.handled).toBe(sent);
    expect(stats.stages.find(({ name }) => name === 'features')?.handled).toBe(sent);
    expect(sight.visit.faults).toEqual([]);
  });

  it('stepping handles exactly one message', async () => {
    await using sight = await Sight.of(browser, `view=threads&stage=filter`);
    await sight.button('Pause filter').click();
    await sight.button('Resume filter').waitFor();
    const inspector = sight.visit.page.getByRole('complementary');
    await until('messages wait', async () => {
      const waiting = await inspector.locator('tbody td').first().innerText();
      return Number.parseInt(waiting, 10) >= 4;
    });
    const before = sight.handled;
    for (let step = 1; step <= 3; step += 1) {
      await inspector.getByRole('button', { name: 'Let filter handle one message' }).click();
      await until(`step ${step} is done`, () => sight.handled >= before + step);
      await sleep(300);
      expect(sight.handled).toBe(before + step);
    }
    expect(sight.visit.faults).toEqual([]);
  });

  it('a breakpoint holds before a message that meets its condition', async () => {
    await using sight = await Sight.of(browser, 'view=threads&stage=filter');
    const inspector = sight.visit.page.getByRole('complementary');
    const condition = inspector.getByLabel('If');
    await condition.fill('frame[0] >');
    await inspector.getByRole('button', { name: 'Set breakpoint' }).click();
    await inspector.getByRole('alert').waitFor();
    await condition.fill('frame.length == 512');
    await inspector.getByRole('button', { name: 'Set breakpoint' }).click();
    await sight.text(/Breakpoint \d+ holds filter before message \d+/).waitFor();
    const held = sight.handled;
    await sleep(500);
    expect(sight.handled).toBe(held);
    expect(await inspector.getByRole('alert').count()).toBe(0);
    await inspector.getByRole('button', { name: /Remove breakpoint/ }).click();
    await inspector.getByText('None at this stage.').waitFor();
    await sight.button('Resume everything').click();
    await until('messages flow again', () => sight.handled > held);
    expect(sight.visit.faults).toEqual([]);
  });

  it('time travel returns to an earlier value', async () => {
    const record = join(folder, 'bench.rec');
    await using sight = await Sight.of(browser, 'view=replay', {
      bench: { memory: new ArrayBuffer(64) },
      start: { clock: 'paced', record },
    });
    const handled = (): number =>
      sight.run.stats().stages.find(({ name }) => name === 'filter')?.handled ?? 0;
    await until('something was recorded', () => handled() > 60);
    await sight.button('Open').click();
    const { page } = sight.visit;
    const scrubber = page.getByRole('slider', { name: 'Step of the recording' });
    const go = async (step: number): Promise<readonly string[]> => {
      await scrubber.fill(String(step));
      await page.locator('.replay-banner', { hasText: `step ${step}:` }).waitFor();
      await page.locator('.moment-outputs button', { hasText: 'amplifier.samples' }).click();
      await page
        .getByRole('article', { name: /amplifier.samples/ })
        .getByRole('button', { name: 'Numbers' })
        .click();
      return page.locator('.number-row').first().locator('.number-cell').allInnerTexts();
    };
    const early = await go(12);
    const late = await go(40);
    expect(late).not.toEqual(early);
    expect(await go(12)).toEqual(early);
    await page.locator('.replay-banner', { hasText: ': exact' }).waitFor();
    expect(sight.visit.faults).toEqual([]);
  });

  it('a page without control says why nothing can be done', async () => {
    await using sight = await Sight.of(browser, 'view=modes', { devtools: { control: false } });
    // A person who clicks on it anyway is told, and so is one who presses a key.
    await sight.button('Request mode training').press('Enter');
    await sight.text(/This page is read-only/).waitFor();
    expect(sight.run.modes.state).toBe('idle');
  });

  it.each(['light', 'dark'] as const)('axe finds nothing wrong in the %s scheme', async (colorScheme) => {
    await using sight = await Sight.of(browser, 'view=threads&stage=features', { bench: { throwsEvery: 5 } });
    const { page } = sight.visit;
    await page.emulateMedia({ colorScheme });
    await sight
      .button(/^Send again/)
      .first()
      .waitFor();
    const queries = [
      'view=threads&stage=features',
      `view=messages&${eegEdge}`,
      `view=messages&edge=${encodeURIComponent('features.features → model.in')}`,
      'view=modes&stage=amplifier',
      'view=timeline',
      'view=log',
      'view=replay',
    ];
    for (const query of queries) {
      await page.evaluate((to) => {
        history.pushState(null, '', `/?${to}`);
        dispatchEvent(new PopStateEvent('popstate'));
      }, query);
      await page.locator('section.view').waitFor();
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${query} ${id}: ${nodes[0]?.html}`)).toEqual([]);
    }
  });
});
