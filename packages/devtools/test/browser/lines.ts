import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Visit } from './browser.ts';

/** Lines are on a canvas: what it shows is looked up in its pixels. */

type Side = 'left' | 'right';

interface Spot {
  readonly x: number;
  readonly y: number;
}

/** How many of the points within `reach` pixels of a spot of the page have a colour of the token sheet. */
export async function inkAt(page: Page, token: string, spot: Spot, reach = 6): Promise<number> {
  const [count = 0] = await inksAt(page, [token], spot, reach);
  return count;
}

function inksAt(
  page: Page,
  tokens: readonly string[],
  spot: Spot,
  reach: number,
): Promise<readonly number[]> {
  return page.locator('canvas.lines').evaluate(
    (element, sought) => {
      const canvas = element as HTMLCanvasElement;
      const pixelsOf = (
        size: number,
        draw: (context: OffscreenCanvasRenderingContext2D) => void,
      ): number[][] => {
        const context = new OffscreenCanvas(size, size).getContext('2d');
        if (context === null) return [];
        draw(context);
        const { data } = context.getImageData(0, 0, size, size);
        return Array.from({ length: size * size }, (_, at) => Array.from(data.subarray(4 * at, 4 * at + 4)));
      };
      const inkOf = (token: string): number[] => {
        const probe = document.createElement('i');
        probe.style.color = `var(--${token})`;
        canvas.after(probe);
        const { color } = getComputedStyle(probe);
        probe.remove();
        const [ink = []] = pixelsOf(1, (context) => {
          context.fillStyle = color;
          context.fillRect(0, 0, 1, 1);
        });
        return ink;
      };
      const box = canvas.getBoundingClientRect();
      const ratio = canvas.width / box.width;
      const left = Math.round((sought.x - sought.reach - box.left) * ratio);
      const top = Math.round((sought.y - sought.reach - box.top) * ratio);
      // A copy is read: to read the canvas itself would change how the browser draws it.
      const pixels = pixelsOf(Math.round(2 * sought.reach * ratio), (context) => {
        context.drawImage(canvas, -left, -top);
      });
      const isSame = (ink: number[], pixel: number[]): boolean =>
        ink.every((part, channel) => Math.abs(part - (pixel[channel] ?? 0)) <= 3);
      return sought.tokens.map(inkOf).map((ink) => pixels.filter((pixel) => isSame(ink, pixel)).length);
    },
    { tokens, ...spot, reach },
  );
}

/** The lab's picture stands where it stays: the banner above, which comes with the first rates, is there. */
export async function steady(visit: Visit): Promise<void> {
  await visit.drawn();
  await visit.page.getByRole('complementary', { name: 'Bottleneck' }).waitFor();
}

/** Some pixels beside the middle of a card's left or right edge. */
export async function beside(card: Locator, side: Side, farPx = 6): Promise<Spot> {
  const box = await card.boundingBox();
  if (box === null) throw new Error('the card is not there');
  const x = side === 'left' ? box.x - farPx : box.x + box.width + farPx;
  return { x, y: box.y + box.height / 2 };
}

/** The middle between two cards. */
export async function between(one: Locator, other: Locator): Promise<Spot> {
  const [from, to] = [await beside(one, 'right', 0), await beside(other, 'left', 0)];
  return { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
}

/** Whether a line of either colour begins or ends beside a card. */
export async function isLineBeside(page: Page, card: Locator, side: Side): Promise<boolean> {
  const counts = await inksAt(page, ['line-strong', 'blocked'], await beside(card, side), 6);
  return counts.some((count) => count > 0);
}

/** Goes by keys through the links that leave a card, or enter it, and returns what is said of one of them. */
export async function wordsOf(
  page: Page,
  card: Locator,
  key: 'Right' | 'Left',
  name: string,
): Promise<string> {
  await card.focus();
  const said = page.locator('.announcement');
  for (let tries = 0; tries < 6; tries += 1) {
    const before = await said.textContent();
    await page.keyboard.press(`Shift+Arrow${key}`);
    await expect.poll(() => said.textContent()).not.toBe(before);
    const text = (await said.textContent()) ?? '';
    if (text.startsWith(name)) return text;
  }
  throw new Error(`the keys never come to ${name}`);
}
