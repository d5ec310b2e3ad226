import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBrowser, Visit } from './browser.ts';
import { beside, between, inkAt, steady, wordsOf } from './lines.ts';
import { lab, rigs } from './sketches.ts';
import { SyntheticRun } from './synthetic.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

function focused({ page }: Visit): Promise<string> {
  return page.evaluate(() => document.activeElement?.getAttribute('data-stage') ?? '');
}

/** Tabs until a stage has the focus. */
async function tabToGraph(visit: Visit): Promise<void> {
  for (let tries = 0; tries < 40; tries += 1) {
    await visit.page.keyboard.press('Tab');
    const isStage = await visit.page.evaluate(() => document.activeElement?.matches('.stage') === true);
    if (isStage) return;
  }
  throw new Error('Tab never came to a stage');
}

it('walks along the edges, and opens and closes the inspector', async () => {
  await using visit = await Visit.to(browser, new SyntheticRun(lab));
  const { page } = visit;
  await visit.drawn();
  await tabToGraph(visit);
  const walked = [await focused(visit)];
  for (let step = 0; step < 8 && walked.at(-1) !== 'amplifier'; step += 1) {
    await page.keyboard.press('ArrowLeft');
    walked.push(await focused(visit));
  }
  expect(walked.at(-1)).toBe('amplifier');
  for (const name of ['notch', 'window', 'classify', 'display']) {
    await page.keyboard.press('ArrowRight');
    expect(await focused(visit)).toBe(name);
  }
  await page.keyboard.press('ArrowLeft');
  expect(await focused(visit)).toBe('classify');
  await page.keyboard.press('ArrowDown');
  expect(['gaze', 'train']).toContain(await focused(visit));
  await page.keyboard.press('ArrowUp');
  expect(await focused(visit)).toBe('classify');
  await page.keyboard.press('Enter');
  await expect.poll(() => new URL(page.url()).searchParams.get('stage')).toBe('classify');
  await page.keyboard.press('Escape');
  await expect.poll(() => new URL(page.url()).searchParams.get('stage')).toBe(null);
  expect(visit.faults).toEqual([]);
});

it('has one stop for Tab in the graph, and chooses edges', async () => {
  await using visit = await Visit.to(browser, new SyntheticRun(lab));
  const { page } = visit;
  await steady(visit);
  await tabToGraph(visit);
  expect(await page.locator('.stage[tabindex="0"]').count()).toBe(1);
  const before = await focused(visit);
  await page.keyboard.press('Shift+ArrowRight');
  await expect.poll(() => new URL(page.url()).searchParams.get('edge')).not.toBe(null);
  await page
    .getByRole('status')
    .filter({ hasText: new RegExp(`^${before}\\.samples → .* wait`) })
    .waitFor();
  const chosen = await beside(page.locator('.stage:focus'), 'right');
  await expect.poll(() => inkAt(page, 'accent-soft', chosen, 10)).toBeGreaterThan(9);
  expect(await focused(visit)).toBe(before);
});

it('comes to lines that stand for several edges, and says what they show', async () => {
  await using visit = await Visit.to(browser, new SyntheticRun(rigs(2, 5, 2)), { query: 'lanes=names' });
  const { page } = visit;
  await visit.drawn();
  const groups = page.locator('.group');
  for (const [at, name] of ['rig0', 'rig1'].entries()) {
    await page.getByRole('button', { name: new RegExp(`^${name} 5`) }).click();
    await expect.poll(() => groups.count()).toBe(at + 1);
  }
  const [one, other] = [groups.filter({ hasText: 'rig0' }), groups.filter({ hasText: 'rig1' })];
  const words = /^rig0 → rig1, 4 edges, [34]\d\d \/s$/;
  expect(await wordsOf(page, one, 'Right', 'rig0')).toMatch(words);
  const spot = await between(one, other);
  await expect.poll(() => inkAt(page, 'accent', spot)).toBeGreaterThan(9);
  await visit.picture('line-reached');
  expect(new URL(page.url()).searchParams.get('edge')).toBe(null);
  await page.keyboard.press('Escape');
  await expect.poll(() => inkAt(page, 'accent', spot)).toBe(0);
  expect(visit.faults).toEqual([]);
});

it('pauses, resumes, steps, freezes, searches and goes to other views', async () => {
  const run = new SyntheticRun(lab);
  await using visit = await Visit.to(browser, run, { query: 'stage=gaze' });
  const { page } = visit;
  await visit.drawn();
  await page.keyboard.press('Space');
  await expect.poll(() => run.commands).toContainEqual({ do: 'pause' });
  await page.locator('.run-state[data-state="paused"]').waitFor();
  await page.keyboard.press('.');
  await expect.poll(() => run.commands).toContainEqual({ do: 'step', unit: 'message', stage: 'gaze' });
  await page.keyboard.press('Space');
  await expect.poll(() => run.commands).toContainEqual({ do: 'resume' });
  await page.keyboard.press('f');
  await page.getByText('The view is frozen at').waitFor();
  await page.keyboard.press('f');
  await page.getByText('The view is frozen at').waitFor({ state: 'detached' });
  await page.keyboard.press('/');
  await page.keyboard.type('f.g');
  expect(await page.getByRole('searchbox').inputValue()).toBe('f.g');
  await page.keyboard.press('Escape');
  for (const [key, title] of [
    ['s', 'Stages'],
    ['m', 'Messages'],
    ['o', 'Modes'],
    ['t', 'Timeline'],
    ['h', 'Threads'],
    ['l', 'Log'],
    ['r', 'Replay'],
    ['g', 'Graph'],
  ] as const) {
    await page.keyboard.press('g');
    await page.keyboard.press(key);
    await page
      .getByRole('navigation')
      .getByRole('button', { name: title, exact: true })
      .and(page.locator('[aria-current]'))
      .waitFor();
  }
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await visit.picture('keys');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'hidden' });
  expect(visit.faults).toEqual([]);
});

it('says why it does nothing where one may only look', async () => {
  const run = new SyntheticRun(lab);
  await using visit = await Visit.to(browser, run, { control: false });
  await visit.drawn();
  await visit.page.keyboard.press('Space');
  await visit.page.getByRole('status').filter({ hasText: 'This page may only look.' }).waitFor();
  expect(run.commands).toEqual([]);
});
