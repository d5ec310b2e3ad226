import { AxeBuilder } from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { viewNames } from '../../src/model/place.ts';
import { openBrowser, Visit } from './browser.ts';
import { lab, rigs } from './sketches.ts';
import { SyntheticRun } from './synthetic.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

async function expectAccessible({ page }: Visit): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`);
  expect(found).toEqual([]);
}

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  it.each(viewNames)('axe finds nothing wrong with the view %s', async (view) => {
    const query = `view=${view}&stage=gaze`;
    await using visit = await Visit.to(browser, new SyntheticRun(lab), { query, look: { colorScheme } });
    await visit.page.locator('main').waitFor();
    if (view === 'graph') await visit.drawn();
    await expectAccessible(visit);
    await visit.picture(`${view}-${colorScheme}`);
  });

  it('axe finds nothing wrong with groups, a search, a frozen view and the keys', async () => {
    const query = 'search=rig7&frozen=1';
    const run = new SyntheticRun(rigs(50, 20, 8));
    await using visit = await Visit.to(browser, run, { query, look: { colorScheme } });
    await visit.drawn();
    await expectAccessible(visit);
    await visit.page.getByRole('searchbox').fill('');
    await visit.page.locator('.group').first().waitFor();
    await expectAccessible(visit);
    await visit.page.getByRole('button', { name: 'Keys' }).click();
    await expectAccessible(visit);
  });
});
