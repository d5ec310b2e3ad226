import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, Visit } from './browser.ts';
import { lab, rigs } from './sketches.ts';
import { SyntheticRun } from './synthetic.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

function stage({ page }: Visit, name: string): Locator {
  return page.locator(`.stage[data-stage="${name}"]`);
}

/** What a card says of its stage's time, in percent. */
async function sharesIn(card: Locator): Promise<{ readonly busy: number; readonly sum: number }> {
  const text = (await card.getAttribute('aria-description')) ?? '';
  const parts = [...text.matchAll(/(\w+) (\d+) %/g)].map(([, name, share]) => [name, Number(share)] as const);
  const sum = parts.reduce((total, [, share]) => total + share, 0);
  return { busy: new Map(parts).get('busy') ?? 0, sum };
}

function status({ page }: Visit, text: string | RegExp): Locator {
  return page.getByRole('status').filter({ hasText: text });
}

describe('the graph', () => {
  it('is drawn with every stage, edge and terminal, in lanes of workers', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab));
    await visit.drawn();
    for (const { name } of lab.stages) await stage(visit, name).waitFor();
    expect(await visit.page.locator('.link').count()).toBe(lab.edges.length);
    expect(await visit.page.locator('.terminal').allTextContents()).toEqual([
      'input of the graph: commands',
      'output of the graph: decisions',
    ]);
    expect(await visit.page.locator('.frame-title').allTextContents()).toEqual([
      'main thread1',
      'worker 12',
      'worker 22',
      'worker 33',
    ]);
    await visit.picture('graph');
    expect(visit.faults).toEqual([]);
  });

  it('says of each stage how its time goes, in parts that add up to 100 %', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab));
    await visit.drawn();
    for (const { name, busy = 0 } of lab.stages) {
      const card = stage(visit, name);
      await expect.poll(() => sharesIn(card), { timeout: 20_000 }).toMatchObject({ sum: 100 });
      await expect.poll(async () => Math.abs((await sharesIn(card)).busy - 100 * busy)).toBeLessThan(3);
    }
    const camera = await stage(visit, 'camera').getAttribute('aria-description');
    expect(camera).toContain('restarts: 2');
    expect(await stage(visit, 'train').getAttribute('aria-description')).toContain('off in mode recording');
  });

  it('names the stage that holds up the others, and why', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab));
    const banner = visit.page.getByRole('complementary', { name: 'Bottleneck' });
    await banner.filter({ hasText: 'classify holds up 3 stages: it is busy 97 % of the time.' }).waitFor();
    expect(await banner.textContent()).toContain('Its input samples holds 16 of 16 messages');
    await banner.getByRole('button', { name: 'Inspect classify' }).click();
    expect(new URL(visit.page.url()).searchParams.get('stage')).toBe('classify');
  });

  it('does not lay out anew, and keeps its elements, while figures change', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab));
    await visit.drawn();
    const card = await stage(visit, 'camera').elementHandle();
    const before = await visit.page.locator('time').textContent();
    await expect.poll(() => visit.page.locator('time').textContent(), { timeout: 20_000 }).not.toBe(before);
    expect(await card?.evaluate((element) => element.isConnected)).toBe(true);
    expect(await visit.page.locator('.react-flow__node').count()).toBe(14);
  });

  it('shows drops, and how full an edge is', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab));
    await visit.drawn();
    const links = visit.page.locator('.link');
    await links.filter({ hasText: '16 / 16' }).waitFor();
    await visit.page.locator('.link-drops').filter({ hasText: '▾' }).waitFor();
    expect(await visit.page.locator('.link[data-full]').count()).toBe(4);
    expect(await visit.page.locator('.link[data-back]').count()).toBe(1);
  });

  it.each(['workers', 'tags', 'names', 'none'])('can be put together by %s', async (lanes) => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab), { query: `lanes=${lanes}` });
    await visit.drawn();
    expect(await visit.page.locator('.stage').count()).toBe(lab.stages.length);
    await visit.picture(`graph-${lanes}`);
    expect(visit.faults).toEqual([]);
  });

  it('folds a group into one card, and opens it', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab), { query: 'lanes=workers' });
    await visit.page.getByRole('button', { name: /^worker 3/ }).click();
    await expect.poll(() => visit.page.locator('.stage').count()).toBe(lab.stages.length - 3);
    await visit.page.locator('.group').filter({ hasText: 'worker 3' }).click();
    await expect.poll(() => visit.page.locator('.stage').count()).toBe(lab.stages.length);
  });

  it('fades what is not searched for', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab));
    await visit.drawn();
    const faded = visit.page.locator('.stage[data-faded]');
    for (const [search, left] of [
      ['gaz', 1],
      ['tag:eeg', 3],
      ['worker:3', 3],
      ['worker:main', 1],
      ['health:blocked', 3],
      ['mode:training gaze', 1],
    ] as const) {
      await visit.page.getByRole('searchbox').fill(search);
      await expect.poll(() => faded.count(), { message: search }).toBe(lab.stages.length - left);
    }
    await visit.picture('search');
  });
});

describe('the address', () => {
  it('keeps where one is, over a reload', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab));
    await visit.drawn();
    await visit.page.getByRole('searchbox').fill('tag:video');
    await visit.page.getByRole('radio', { name: 'Worker groups' }).check();
    await stage(visit, 'gaze').click();
    await visit.page.keyboard.press('f');
    await visit.page.reload();
    await visit.drawn();
    expect(await visit.page.getByRole('searchbox').inputValue()).toBe('tag:video');
    expect(await visit.page.getByRole('radio', { name: 'Worker groups' }).isChecked()).toBe(true);
    expect(await stage(visit, 'gaze').getAttribute('aria-pressed')).toBe('true');
    await status(visit, 'The view is frozen').waitFor();
    await visit.picture('frozen');
  });

  it('has no token in it once the page is open', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab));
    await visit.drawn();
    expect(visit.address.hash).toMatch(/^#token=/);
    expect(visit.page.url()).not.toContain('token');
  });
});

describe('a frozen view', () => {
  it('stands still while the run goes on', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab));
    await visit.drawn();
    // Figures stand still from when there are rates on.
    const clock = visit.page.locator('time');
    const first = await clock.textContent();
    await expect.poll(() => clock.textContent(), { timeout: 20_000 }).not.toBe(first);
    await visit.page.getByRole('button', { name: 'Freeze view' }).click();
    await status(visit, 'The view is frozen').waitFor();
    const before = await visit.page.locator('time').textContent();
    const frames = visit.page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          let left = 100;
          const next = (): void => (left-- > 0 ? void requestAnimationFrame(next) : resolve());
          next();
        }),
    );
    await frames;
    expect(await visit.page.locator('time').textContent()).toBe(before);
    await visit.page.getByRole('button', { name: 'Show what is now' }).click();
    await expect.poll(() => visit.page.locator('time').textContent(), { timeout: 20_000 }).not.toBe(before);
  });
});

describe('a large graph', () => {
  it('is drawn in groups, and a group that is too large is a table', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(rigs(50, 20, 8)));
    await visit.drawn();
    expect(await visit.page.locator('.group').count()).toBe(8);
    await visit.picture('large');
    await visit.page.locator('.group').filter({ hasText: 'worker 2' }).click();
    const table = visit.page.getByRole('table');
    await table.waitFor();
    expect(await table.getAttribute('aria-rowcount')).toBe('141');
    expect(await visit.page.getByRole('searchbox').inputValue()).toBe('worker:2');
    await visit.picture('large-table');
    expect(visit.faults).toEqual([]);
  });

  it('never draws more than 300 stages and edges at a time', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(rigs(50, 20, 8)), { query: 'lanes=names' });
    const { page } = visit;
    await visit.drawn();
    for (const name of ['rig3', 'rig4', 'rig5', 'rig6', 'rig7', 'rig8']) {
      await page.locator('.group').filter({ hasText: name }).first().press('Enter');
      const isTable = await page
        .locator('.react-flow, table')
        .first()
        .evaluate((element) => element.matches('table'));
      if (isTable) break;
      const nodes = await page.locator('.react-flow__node').count();
      expect(nodes + (await page.locator('.link').count())).toBeLessThanOrEqual(300);
    }
    await page.getByRole('searchbox').fill('rig7/');
    await page.keyboard.press('Escape');
    expect(visit.faults).toEqual([]);
  });

  it('has a table of which only what is seen is there, sorted by any column', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(rigs(50, 20, 8)), { query: 'view=stages' });
    const { page } = visit;
    const rows = page.locator('tbody tr:not([aria-hidden])');
    await rows.first().waitFor();
    expect(await rows.count()).toBeLessThan(60);
    await page.getByRole('button', { name: /^Busy/ }).click();
    await expect.poll(() => rows.first().locator('td').nth(5).textContent(), { timeout: 20_000 }).toBe('82');
    await page.locator('.table-scroller').evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await page.locator('tr[aria-rowindex="1001"]').waitFor();
    await rows.locator('button').last().focus();
    await expect.poll(() => rows.last().getAttribute('aria-rowindex')).toBe('1001');
    await page.getByRole('searchbox').fill('rig12/ tag:sink');
    await expect.poll(() => rows.count()).toBe(1);
    expect(visit.faults).toEqual([]);
  });

  it('draws what is searched for in it', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(rigs(50, 20, 8)));
    await visit.drawn();
    for (const [name, other] of [
      ['rig7', 'rig8'],
      ['rig8', 'rig7'],
    ] as const) {
      await visit.page.getByRole('searchbox').fill(`${name}/`);
      await stage(visit, `${name}/source0`).waitFor();
      await stage(visit, `${other}/source0`).waitFor({ state: 'detached' });
    }
    await visit.picture('large-search');
    expect(visit.faults).toEqual([]);
  });
});
