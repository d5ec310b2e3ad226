import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, Visit } from './browser.ts';
import { beside, between, inkAt, isLineBeside, steady, wordsOf } from './lines.ts';
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

function isStage(name: string): boolean {
  return lab.stages.some((each) => each.name === name);
}

/** Of a stage or of a terminal. */
function card(visit: Visit, name: string): Locator {
  return isStage(name) ? stage(visit, name) : visit.page.locator('.terminal').filter({ hasText: name });
}

/** What a card says of its stage's time, in percent. */
async function sharesIn(card: Locator): Promise<{ readonly busy: number; readonly sum: number }> {
  const text = (await card.getAttribute('aria-description')) ?? '';
  const parts = [...text.matchAll(/(\w+) (\d+) %/g)].map(([, name, share]) => [name, Number(share)] as const);
  const sum = parts.reduce((total, [, share]) => total + share, 0);
  return { busy: new Map(parts).get('busy') ?? 0, sum };
}

/** What a card shows that is no element of its own. */
function shownOn(card: Locator): Promise<Readonly<Record<string, string | boolean>>> {
  return card.evaluate((element) => {
    const text = (of: Element, part: string): string =>
      /^"(?<text>.*?)"/.exec(getComputedStyle(of, part).content)?.groups?.['text']?.trim() ?? '';
    const rate = element.querySelector('.stage-rate');
    return {
      note: text(element, '::before'),
      icon: getComputedStyle(element, '::before').maskImage.includes('data:image/svg+xml'),
      restarts: text(element, '::after'),
      rate: rate?.textContent ?? '',
      unit: rate === null ? '' : text(rate, '::after'),
    };
  });
}

/** Pixels of a card's border that are hatched, and of its width that are filled. */
function paintedOn(card: Locator): Promise<readonly number[]> {
  return card.evaluate((element) => {
    const sizes = getComputedStyle(element)
      .backgroundSize.split(', ')
      .map((size) => size.split(' '));
    const [top, right, bottom, left, , , fill] = sizes.map(([x = '', y = '']) => [
      Number.parseFloat(x),
      Number.parseFloat(y),
    ]);
    return [(top?.[0] ?? 0) + (right?.[1] ?? 0) + (bottom?.[0] ?? 0) + (left?.[1] ?? 0), fill?.[0] ?? 0];
  });
}

function status({ page }: Visit, text: string | RegExp): Locator {
  return page.getByRole('status').filter({ hasText: text });
}

describe('the graph', () => {
  it('is drawn with every stage, edge and terminal, in lanes of workers', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab));
    await steady(visit);
    const { page } = visit;
    for (const { name } of lab.stages) await stage(visit, name).waitFor();
    for (const terminal of ['input of the graph: commands', 'output of the graph: decisions']) {
      await page.getByRole('img', { name: terminal, exact: true }).waitFor();
    }
    await visit.picture('graph');
    for (const edge of lab.edges) {
      const [from, to] = [card(visit, edge.from), card(visit, edge.to)];
      expect(await isLineBeside(page, from, 'right'), `${edge.from} → ${edge.to} begins`).toBe(true);
      expect(await isLineBeside(page, to, 'left'), `${edge.from} → ${edge.to} ends`).toBe(true);
      const name = `${edge.from}${isStage(edge.from) ? '.samples' : ''} → ${edge.to}`;
      const words = isStage(edge.from) ? wordsOf(page, from, 'Right', name) : wordsOf(page, to, 'Left', name);
      expect(await words).toContain(` ${edge.depth ?? 0} / ${edge.capacity ?? 64} wait, `);
    }
    const titles = page.locator('.frame-title');
    expect(await titles.allTextContents()).toEqual(['main thread', 'worker 1', 'worker 2', 'worker 3']);
    const counts = titles.evaluateAll((all) => all.map((title) => title.getAttribute('data-count')));
    expect(await counts).toEqual(['1', '2', '2', '3']);
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

  it('shows on each card its name, its definition or how it is, its rate and its restarts', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(rigs(1, 5, 1)));
    await visit.drawn();
    const first = stage(visit, 'rig0/source0');
    await expect
      .poll(() => shownOn(first))
      .toMatchObject({ note: 'source', rate: expect.stringMatching(/^(?:9|10)/), unit: '/s' });
    expect(await first.locator('.stage-name').textContent()).toBe('rig0/source0');
    expect(await shownOn(first)).toMatchObject({ icon: false, restarts: '' });
    await using other = await Visit.to(browser, new SyntheticRun(lab));
    await other.drawn();
    await expect
      .poll(() => shownOn(stage(other, 'camera')))
      .toMatchObject({ note: '', restarts: '2', rate: expect.stringMatching(/^(?:29|30|31)/) });
    await expect.poll(() => shownOn(stage(other, 'notch'))).toMatchObject({ note: 'blocked', icon: true });
    await expect
      .poll(() => shownOn(stage(other, 'train')))
      .toMatchObject({ note: 'off in recording', icon: true });
    await other.page.getByRole('button', { name: 'Pause' }).click();
    await expect.poll(() => shownOn(stage(other, 'gaze'))).toMatchObject({ note: 'held by you', icon: true });
    await other.picture('held');
  });

  it('fills a card as it is busy, and hatches as much of its border as it is blocked', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab));
    await visit.drawn();
    for (const { name, busy = 0, blocked = 0 } of lab.stages) {
      const drawn = async (): Promise<boolean> => {
        const [around = 0, filled = 0] = await paintedOn(stage(visit, name));
        // The way around a card of 152 by 52 is 408 pixels long.
        return Math.abs(around - 408 * blocked) < 10 && Math.abs(filled - 152 * busy) < 4;
      };
      await expect.poll(drawn, { message: name }).toBe(true);
    }
  });

  it('is drawn anew when the colours change, and keeps fills and lines where they are forced', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab), { query: 'frozen=1' });
    const { page } = visit;
    await steady(visit);
    const spot = await beside(stage(visit, 'gaze'), 'right');
    for (const look of [
      { colorScheme: 'light' },
      { colorScheme: 'dark' },
      { colorScheme: 'dark', forcedColors: 'active' },
      { colorScheme: 'light', forcedColors: 'active' },
    ] as const) {
      await page.emulateMedia(look);
      const message = JSON.stringify(look);
      await expect.poll(() => inkAt(page, 'line-strong', spot), { message }).toBeGreaterThan(9);
      const background = stage(visit, 'gaze').evaluate(
        (element) => getComputedStyle(element).backgroundImage,
      );
      expect(await background).toContain('gradient');
      await visit.picture(`colours-${Object.values(look).join('-')}`);
    }
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const moving = stage(visit, 'gaze').evaluate((element) => getComputedStyle(element).transitionDuration);
    expect(await moving).toBe('0s');
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
    expect(await visit.page.locator('.react-flow :is(.stage, .terminal, .frame-title)').count()).toBe(14);
  });

  it('shows drops, and how full an edge is', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab));
    await steady(visit);
    const { page } = visit;
    for (const [from, to, token] of [
      ['amplifier', 'notch', 'blocked'],
      ['window', 'classify', 'blocked'],
      ['camera', 'gaze', 'blocked'],
      ['camera', 'gaze', 'failed'],
    ] as const) {
      const spot = await between(stage(visit, from), stage(visit, to));
      await expect
        .poll(() => inkAt(page, token, spot, 20), { message: `${from} ${token}` })
        .toBeGreaterThan(9);
    }
    // A head is filled; hollow where messages stay on one worker.
    expect(await inkAt(page, 'blocked', await beside(stage(visit, 'window'), 'left', 5), 2)).toBeGreaterThan(
      9,
    );
    const hollow = await beside(stage(visit, 'gaze'), 'left', 5);
    expect(await inkAt(page, 'blocked', hollow, 5)).toBeGreaterThan(3);
    expect(await inkAt(page, 'ground', hollow, 1)).toBeGreaterThan(0);
    expect(await inkAt(page, 'blocked', hollow, 1)).toBe(0);
    const free = await beside(stage(visit, 'gaze'), 'right');
    expect(await inkAt(page, 'line-strong', free)).toBeGreaterThan(9);
    expect(await inkAt(page, 'blocked', free)).toBe(0);
    const words = async (from: string, to: string): Promise<string> =>
      wordsOf(page, stage(visit, from), 'Right', `${from}.samples → ${to}`);
    expect(await words('window', 'classify')).toContain(', 16 / 16 wait, full, ');
    expect(await words('camera', 'gaze')).toMatch(
      /, full, (99|100|101) \/s, \d+ dropped so far, and more now, on one/,
    );
    expect(await words('display', 'classify')).toMatch(/, goes back$/);
    expect(await words('gaze', 'display')).not.toMatch(/full|dropped|goes back|one worker/);
  });

  it('says what a line shows to who points at it, and chooses its edge by a click', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab));
    const { page } = visit;
    await steady(visit);
    const spot = await beside(stage(visit, 'camera'), 'right', 16);
    const tip = page.getByRole('tooltip');
    await expect.poll(() => inkAt(page, 'blocked', spot)).toBeGreaterThan(9);
    // Just below the middle of the line: it need not be met exactly.
    await page.mouse.move(spot.x, spot.y + 4);
    await tip.filter({ hasText: 'camera.samples → gaze.samples, 1 / 1 wait, full' }).waitFor();
    const cursor = page.locator('.react-flow__pane').evaluate((pane) => getComputedStyle(pane).cursor);
    expect(await cursor).toBe('pointer');
    await expect.poll(() => inkAt(page, 'accent', spot)).toBeGreaterThan(9);
    await visit.picture('line-pointed');
    await page.mouse.click(spot.x, spot.y + 4);
    await expect
      .poll(() => new URL(page.url()).searchParams.get('edge'))
      .toBe('camera.samples → gaze.samples');
    await page.mouse.move(spot.x, spot.y - 60);
    await tip.waitFor({ state: 'detached' });
    expect(await inkAt(page, 'accent-soft', spot)).toBeGreaterThan(9);
    const inCard = await stage(visit, 'gaze').boundingBox();
    await page.mouse.move(spot.x, spot.y);
    await tip.waitFor();
    await page.mouse.move((inCard?.x ?? 0) + 20, (inCard?.y ?? 0) + 20);
    await tip.waitFor({ state: 'detached' });
    expect(visit.faults).toEqual([]);
  });

  it.each([1, 2])(
    'keeps lines and cards together while it is zoomed and moved, at %d pixels each',
    async (deviceScaleFactor) => {
      // Frozen: nothing but what a person does has it drawn anew.
      const options = { query: 'frozen=1', look: { deviceScaleFactor } };
      await using visit = await Visit.to(browser, new SyntheticRun(lab), options);
      const { page } = visit;
      await steady(visit);
      const expectTogether = async (): Promise<void> => {
        for (const { from, to } of lab.edges.filter((edge) => isStage(edge.from) && isStage(edge.to))) {
          await expect
            .poll(() => isLineBeside(page, stage(visit, from), 'right'), { message: from })
            .toBe(true);
          await expect.poll(() => isLineBeside(page, stage(visit, to), 'left'), { message: to }).toBe(true);
        }
        const ratio = await page.locator('canvas.lines').evaluate((element) => {
          const canvas = element as HTMLCanvasElement;
          return canvas.width / canvas.clientWidth;
        });
        expect(ratio).toBeCloseTo(deviceScaleFactor, 2);
      };
      const left = async (): Promise<number> => (await stage(visit, 'camera').boundingBox())?.x ?? 0;
      await expectTogether();
      const before = await left();
      await page.mouse.move(700, 730);
      await page.mouse.down();
      await page.mouse.move(740, 700, { steps: 4 });
      await page.mouse.up();
      await expect.poll(left).toBeCloseTo(before + 40, 0);
      await expectTogether();
      await page.getByRole('button', { name: 'Zoom out' }).click();
      await expect.poll(async () => (await stage(visit, 'camera').boundingBox())?.width).toBeLessThan(160);
      await expectTogether();
      await page.getByRole('button', { name: 'Show the whole graph' }).click();
      await expect.poll(async () => (await stage(visit, 'camera').boundingBox())?.width).toBeGreaterThan(170);
      await expectTogether();
      await visit.picture(`lines-at-${deviceScaleFactor}`);
    },
  );

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
