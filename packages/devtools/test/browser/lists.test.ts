import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBrowser } from './browser.ts';
import { Sight, testMs } from './sight.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
}, testMs);
afterAll(() => browser.close());

/** Text of the one that is chosen, which is also the one that screen readers are led to. */
async function chosenIn(list: Locator): Promise<string> {
  const active = (await list.getAttribute('aria-activedescendant')) ?? 'none';
  const option = list.getByRole('option', { selected: true });
  expect(await option.getAttribute('id')).toBe(active);
  return (await option.textContent()) ?? '';
}

it('from a list of edges one is chosen by arrows or by a click', { timeout: testMs }, async () => {
  await using sight = await Sight.of(browser, 'view=messages');
  const { page } = sight.visit;
  const list = page.getByRole('listbox', { name: 'Edges' });
  await list.waitFor();
  expect(await list.getAttribute('aria-activedescendant')).toBeNull();
  for (const name of ['amplifier.samples → filter.samples', 'filter.samples → features.samples']) {
    await list.press('ArrowDown');
    await list.getByRole('option', { name, selected: true }).waitFor();
    expect(await chosenIn(list)).toBe(name);
    expect(new URL(page.url()).searchParams.get('edge')).toBe(name);
  }
  await list.press('ArrowUp');
  await list.press('ArrowUp');
  await list.getByRole('option', { name: 'amplifier.samples → filter.samples', selected: true }).waitFor();
  await list.getByRole('option', { name: 'camera.image → field.image' }).click();
  await list.getByRole('option', { name: 'camera.image → field.image', selected: true }).waitFor();
  expect(await chosenIn(list)).toBe('camera.image → field.image');
  expect(sight.visit.faults).toEqual([]);
});

it('of what has happened one line is chosen, and told whole', { timeout: testMs }, async () => {
  await using sight = await Sight.of(browser, 'view=log', { bench: { throwsEvery: 5 } });
  const { page } = sight.visit;
  const list = page.getByRole('listbox', { name: 'What happened' });
  await list.getByRole('option').nth(5).waitFor();
  await list.press('ArrowDown');
  const told = page.getByRole('region', { name: 'Selected' }).locator('p').first();
  await told.waitFor();
  const first = await chosenIn(list);
  const before = (await told.textContent()) ?? '';
  await list.press('ArrowDown');
  await expect.poll(() => told.textContent()).not.toBe(before);
  expect(await chosenIn(list)).not.toBe(first);
  // The line has the kind between the time and the sentence.
  const [time = '', ...sentence] = ((await told.textContent()) ?? '').split(' ');
  expect(await chosenIn(list)).toMatch(time);
  expect(await chosenIn(list)).toContain(sentence.join(' '));
  expect(sight.visit.faults).toEqual([]);
});
