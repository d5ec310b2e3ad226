import { loadGraph } from '../src/graph-module.ts';
import { RunPage } from '../src/page.ts';
import { fixture } from './child.ts';

/** A source checkout builds the page when it is asked for first, which is not what tests of it time. */
export async function buildPage(): Promise<void> {
  const page = await RunPage.open({ port: 0, control: false }, false, () => undefined);
  await using run = await (await loadGraph(fixture('endless.ts'))).start({ observers: [page.observer] });
  await run.stop();
  await page.end(() => undefined);
}
