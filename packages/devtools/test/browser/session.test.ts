import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pacers } from '../fixtures/bench.ts';
import { openBrowser } from './browser.ts';
import { Sight, testMs, until } from './sight.ts';

let browser: Browser;
const folder = mkdtempSync(join(tmpdir(), 'troupe-session-'));

beforeAll(async () => {
  browser = await openBrowser();
}, testMs);
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

const eegEdge = 'amplifier.samples → filter.samples';

function parameter(page: Page, name: string): string | null {
  return new URL(page.url()).searchParams.get(name);
}

describe('A moment of a recording', { timeout: testMs }, () => {
  it('is shown in the graph with its counts, and the run again when it is left', async () => {
    await using sight = await Sight.of(browser, 'view=replay', {
      bench: { memory: new ArrayBuffer(64) },
      start: { clock: 'paced', record: join(folder, 'moment.rec') },
    });
    const { page } = sight.visit;
    const handled = (): number =>
      sight.run.stats().stages.find(({ name }) => name === 'filter')?.handled ?? 0;
    await until('something was recorded', () => handled() > 30);
    await sight.button('Open').click();
    await page.getByRole('slider', { name: 'Step of the recording' }).fill('16');
    await page.locator('.replay-banner', { hasText: 'step 16:' }).waitFor();
    await sight.button('See it in the graph').click();
    const banner = page.getByRole('complementary', { name: 'Moment of a recording' });
    await banner.filter({ hasText: /of moment\.rec, step 16: exact/ }).waitFor();
    const card = page.locator('.stage[data-stage="amplifier"]');
    const count = async (): Promise<number> =>
      Number(/(\d+) done/.exec((await card.getAttribute('aria-description')) ?? '')?.[1]);
    const early = await count();
    expect(early).toBeGreaterThan(0);
    expect(early).toBeLessThan(handled());
    for (let step = 17; step <= 26; step += 1) {
      await banner.getByRole('button', { name: 'Step on' }).click();
      await banner.filter({ hasText: `step ${step}:` }).waitFor();
    }
    const late = await count();
    expect(late).toBeGreaterThan(early);
    for (let step = 25; step >= 16; step -= 1) {
      await banner.getByRole('button', { name: 'Step back' }).click();
      await banner.filter({ hasText: `step ${step}:` }).waitFor();
    }
    expect(await count()).toBe(early);
    await sight.visit.picture('moment');
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    const row = page.getByRole('row', { name: /^amplifier/ });
    await row.filter({ hasText: '–' }).waitFor();
    await banner.getByRole('button', { name: 'Back to the run' }).click();
    await banner.waitFor({ state: 'detached' });
    await row.filter({ hasNotText: '–' }).waitFor();
    expect(sight.visit.faults).toEqual([]);
  });
});

describe('The inspector', { timeout: testMs }, () => {
  it('shows trends, and says their newest values', async () => {
    await using sight = await Sight.of(browser, 'view=graph&stage=filter');
    const trends = sight.visit.page.getByRole('region', { name: 'Trends' });
    await trends.getByRole('img', { name: /^Handled: [\d.]+ \/s now, between/ }).waitFor();
    await trends.getByRole('img', { name: /^Its time: busy [\d.]+ % now.*; blocked 0 % now/ }).waitFor();
    await trends.getByRole('img', { name: /^Waiting: \d+ messages now/ }).waitFor();
    const chart = trends.locator('.trend-chart').first();
    await chart.locator('canvas').waitFor();
    await until('a line is drawn', () =>
      chart.locator('canvas').evaluate((element) => {
        const canvas = element as HTMLCanvasElement;
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        return data.some((part) => part > 0);
      }),
    );
    await chart.hover();
    await trends.getByText(/^at \d+:\d\d\.\d{3}$/).waitFor();
    await sight.visit.picture('trends');
    expect(sight.visit.faults).toEqual([]);
  });

  it('sets the rate of a stage alone, or of all that tick by a runner', async () => {
    await using sight = await Sight.of(browser, 'view=threads&stage=left', { graph: pacers() });
    const inspector = sight.visit.page.getByRole('complementary');
    await inspector.getByText(/^right ticks with it, by pace\./).waitFor();
    await inspector.getByLabel('New rate of pace').fill('40');
    await inspector.getByRole('button', { name: 'Set', exact: true }).last().click();
    await inspector.getByText('40 Hz, phase').waitFor();
    const ticks = (): readonly number[] => sight.run.stats().stages.map(({ handled }) => handled);
    const before = ticks();
    await until('both go on', () => ticks().every((each, at) => each > (before[at] ?? 0)));
    await sight.visit.page.evaluate(() => {
      history.pushState(null, '', '/?view=log&stage=right');
      dispatchEvent(new PopStateEvent('popstate'));
    });
    await inspector.getByText('40 Hz, phase').waitFor();
    await inspector.getByLabel('New rate', { exact: true }).fill('25');
    await inspector.getByRole('button', { name: 'Set', exact: true }).first().click();
    await inspector.getByText('25 Hz, phase').waitFor();
    expect(sight.visit.faults).toEqual([]);
  });
});

describe('Findings', { timeout: testMs }, () => {
  it('lead to their stage', async () => {
    await using sight = await Sight.of(browser, 'view=threads', { bench: { throwsEvery: 2 } });
    const { page } = sight.visit;
    await page.getByRole('button', { name: /^\d+ findings?$/ }).waitFor();
    await page.getByRole('button', { name: /^\d+ findings?$/ }).click();
    const finding = page.getByRole('listitem').filter({ hasText: /^features / });
    await finding.getByRole('button', { name: 'Show the stage' }).first().click();
    await page.locator('.stage[data-stage="features"][aria-pressed="true"]').waitFor();
    expect(parameter(page, 'stage')).toBe('features');
    expect(sight.visit.faults).toEqual([]);
  });
});

describe('Downloads', { timeout: testMs }, () => {
  it('give the plan, the figures and a trace', async () => {
    await using sight = await Sight.of(browser, 'view=timeline');
    const { page } = sight.visit;
    const fetched = async (name: string): Promise<Buffer> => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name }).click(),
      ]);
      return readFile(await download.path());
    };
    const plan = JSON.parse(String(await fetched('the plan'))) as { stages: { name: string }[] };
    expect(plan.stages.map(({ name }) => name)).toContain('amplifier');
    const figures = JSON.parse(String(await fetched('figures'))) as { stages: { name: string }[] };
    expect(figures.stages.map(({ name }) => name)).toContain('filter');
    const trace = await fetched('a trace of 5 s for Perfetto');
    // A Trace is a list of packets: field 1, of a length.
    expect(trace[0]).toBe(0x0a);
    expect(trace.length).toBeGreaterThan(1_000);
    expect(sight.visit.faults).toEqual([]);
  });
});

describe('The address', { timeout: testMs }, () => {
  it('leads back to the edge and the stage that were looked at', async () => {
    await using sight = await Sight.of(browser, 'view=messages');
    const { page } = sight.visit;
    await page.getByRole('option', { name: eegEdge }).click();
    await sight.text('Showing the newest').waitFor();
    await page.reload();
    await page.getByRole('heading', { name: eegEdge }).waitFor();
    await sight.text('Showing the newest').waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await page.getByRole('button', { name: 'camera', exact: true }).click();
    const inspector = page.getByRole('complementary', { name: 'Inspector of camera' });
    await inspector.waitFor();
    await page.reload();
    await inspector.waitFor();
    expect(parameter(page, 'view')).toBe('stages');
    expect(sight.visit.faults).toEqual([]);
  });
});

describe('With the keyboard alone', { timeout: testMs }, () => {
  it('a stage is found, opened, held, stepped and let go, and a mode requested', async () => {
    // Slow, so that something always waits for its step.
    await using sight = await Sight.of(browser, '', { bench: { takesMs: 100 } });
    const { page } = sight.visit;
    const { keyboard } = page;
    await sight.visit.drawn();
    await keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'hidden' });
    await keyboard.press('/');
    await keyboard.type('filter');
    await keyboard.press('Escape');
    const isOn = (name: string): Promise<boolean> =>
      page.evaluate((stage) => document.activeElement?.getAttribute('data-stage') === stage, name);
    await tabUntil(page, '.stage');
    for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowLeft']) await keyboard.press(key);
    if (!(await isOn('amplifier'))) await keyboard.press('ArrowDown');
    await keyboard.press('ArrowRight');
    expect(await isOn('filter')).toBe(true);
    await keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Inspector of filter' }).waitFor();
    await keyboard.press('Space');
    await sight.text('The run is held by you').waitFor();
    await until('the run says so, too', () => sight.run.debug.state.isAllHeld);
    const before = sight.handled;
    await keyboard.press('.');
    await until('one message is handled', () => sight.handled === before + 1);
    await keyboard.press('Space');
    await until('the run goes on', () => sight.handled > before + 3);
    await keyboard.press('Escape');
    await page.getByRole('complementary', { name: 'Inspector of filter' }).waitFor({ state: 'detached' });
    await keyboard.press('g');
    await keyboard.press('o');
    await tabUntil(page, 'button[aria-label="Request mode training"]');
    await keyboard.press('Enter');
    await until('the mode is another', () => sight.run.modes.state === 'training');
    expect(sight.visit.faults).toEqual([]);
  });
});

/** Tabs until what has the focus is such an element. */
async function tabUntil(page: Page, selector: string): Promise<void> {
  for (let tries = 0; tries < 80; tries += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) === true, selector)) return;
  }
  throw new Error(`Tab never came to ${selector}`);
}
