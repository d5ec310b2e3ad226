import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { devtools } from '@troupe/devtools';
import { slowGraph } from '../fixtures/slow-graph.ts';
import { openBrowser, Visit } from './browser.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

it('a stage that is slow on purpose is named as the cause', async () => {
  let printed = '';
  const observer = devtools({ onAddress: (url) => (printed = url) });
  await using run = await slowGraph().start({ workers: 4, observers: [observer] });
  await using visit = await Visit.at(browser, printed, { server: observer });
  const { page } = visit;
  await visit.drawn();
  const banner = page.getByRole('complementary', { name: 'Bottleneck' });
  await banner.filter({ hasText: /^slow holds up/ }).waitFor({ timeout: 100_000 });
  await page.locator('.stage[data-stage="slow"][data-cause]').waitFor();
  await visit.picture('slow');
  expect(visit.faults).toEqual([]);
  await run.stop();
  await page.getByRole('status').filter({ hasText: 'The run was stopped' }).waitFor();
});

it('the graph of the main job appears, and works', async () => {
  const main = join(import.meta.dirname, '../../../../apps/demo/src/main.ts');
  const args = ['--conditions=@troupe/source', main, '--speed', '1', '--json', '--devtools'];
  const job = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    let printed: string | undefined;
    for await (const line of createInterface(job.stdout)) {
      printed = /http:[^"]+#token=[\w-]+/.exec(line)?.[0];
      if (printed !== undefined) break;
    }
    if (printed === undefined) throw new Error('the job has printed no address');
    await using visit = await Visit.at(browser, printed);
    await visit.drawn();
    for (const name of ['source', 'filter', 'window']) {
      await visit.page.locator(`.stage[data-stage="${name}"]`).waitFor();
    }
    // Samples flow: its rate is not 0.
    const rate = visit.page.locator('.stage[data-stage="source"] .stage-rate');
    await expect.poll(() => rate.textContent(), { timeout: 60_000 }).not.toBe('0');
    await visit.picture('studio');
    expect(visit.faults).toEqual([]);
  } finally {
    job.kill('SIGKILL');
    if (job.exitCode === null && job.signalCode === null) await once(job, 'exit');
  }
});
