import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { elementsMax } from '../../src/model/picture.ts';
import { lanesNames } from '../../src/model/place.ts';
import { elements } from '../../src/ui/views/graph/budget.ts';
import { openBrowser, Visit } from './browser.ts';
import { beside, steady } from './lines.ts';
import { lab, rigs } from './sketches.ts';
import { SyntheticRun } from './synthetic.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

/** Keeps the most elements that the picture has had at any time, in the page. */
function watchElements(page: Page): Promise<void> {
  return page.evaluate(() => {
    const { dataset } = document.documentElement;
    const look = (): void => {
      const now = document.querySelectorAll('.react-flow *').length;
      dataset['most'] = String(Math.max(Number(dataset['most'] ?? 0), now));
    };
    look();
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  });
}

async function mostElements(page: Page): Promise<number> {
  return Number(await page.locator('html').getAttribute('data-most'));
}

/** Opens folded groups, one after the other, until a table stands in the picture's place or none is left. */
async function openAll(visit: Visit): Promise<'table' | 'open'> {
  const { page } = visit;
  const groups = page.locator('.react-flow .group');
  for (let left = await groups.count(); left > 0; left -= 1) {
    await groups.first().press('Enter');
    const state = async (): Promise<string> =>
      (await page.locator('table').count()) > 0 ? 'table' : `${await groups.count()} groups`;
    await expect.poll(state).toMatch(new RegExp(`^table$|^${left - 1} groups$`));
    if ((await state()) === 'table') return 'table';
  }
  return 'open';
}

describe('the picture', () => {
  it('takes of the document what the budget says that its parts take', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab), { query: 'lanes=workers' });
    const { page } = visit;
    await steady(visit);
    await page.locator('.stage[data-restarts]').first().waitFor();
    await page.getByRole('button', { name: /^worker 1/ }).click();
    await page.locator('.group').waitFor();
    const sizes = (selector: string): Promise<readonly number[]> =>
      page
        .locator(`.react-flow ${selector}`)
        .evaluateAll((all) => all.map((each) => 1 + each.querySelectorAll('*').length));
    expect(new Set(await sizes('.stage'))).toEqual(new Set([elements.stage]));
    expect(await sizes('.group')).toEqual([elements.group]);
    expect(await sizes('.terminal')).toEqual([elements.terminal, elements.terminal]);
    expect(await sizes('.frame-title')).toEqual(Array.from({ length: 3 }, () => elements.frame));
    const spot = await beside(page.locator('[data-stage="camera"]'), 'right', 16);
    await page.mouse.move(spot.x, spot.y);
    await page.locator('.link-tip').waitFor();
    const stages = lab.stages.length - 2;
    const parts = stages * elements.stage + elements.group + 2 * elements.terminal + 3 * elements.frame;
    expect(await page.locator('.react-flow *').count()).toBe(elements.flow + parts);
  });

  it.each([
    [5, rigs(1, 5, 1)],
    [50, rigs(5, 10, 4)],
  ])('of %d stages has all of them as cards, in at most 300 elements', async (count, sketch) => {
    for (const lanes of lanesNames) {
      await using visit = await Visit.to(browser, new SyntheticRun(sketch), { query: `lanes=${lanes}` });
      await visit.drawn();
      await watchElements(visit.page);
      expect(await visit.page.locator('.react-flow .stage').count()).toBe(count);
      expect(await openAll(visit)).toBe('open');
      expect(await mostElements(visit.page)).toBeLessThanOrEqual(elementsMax);
      if (lanes === 'lanes') await visit.picture(`elements-${count}`);
      expect(visit.faults).toEqual([]);
    }
  });

  it.each([
    [200, rigs(10, 20, 4)],
    [1_000, rigs(50, 20, 8)],
  ])('of %d stages has at most 300 elements, closed and with groups opened', async (_count, sketch) => {
    for (const lanes of lanesNames) {
      await using visit = await Visit.to(browser, new SyntheticRun(sketch), { query: `lanes=${lanes}` });
      await visit.drawn();
      await watchElements(visit.page);
      expect(await visit.page.locator('.react-flow .group').count()).toBeGreaterThan(0);
      expect(await openAll(visit)).toBe('table');
      const most = await mostElements(visit.page);
      expect(most).toBeGreaterThan(elements.flow);
      expect(most).toBeLessThanOrEqual(elementsMax);
      expect(visit.faults).toEqual([]);
    }
  });
});
