import { openBrowser, Visit } from './browser.ts';
import { lab, rigs } from './sketches.ts';
import { SyntheticRun } from './synthetic.ts';
const which = process.argv.slice(2);
const want = (n: string) => which.length === 0 || which.includes(n);
const browser = await openBrowser();
const settle = (ms = 1500) => new Promise((r) => setTimeout(r, ms));
async function shot(name: string, run: SyntheticRun, o: any = {}, act?: (v: Visit) => Promise<void>) {
  if (!want(name)) return;
  await using v = await Visit.to(browser, run, o);
  try {
    await v.drawn();
  } catch (e) {
    console.log(name, 'not drawn', v.faults);
  }
  await settle();
  if (act) await act(v);
  await v.picture(name);
  console.log(
    name,
    v.faults,
    await v.page.evaluate(
      "document.querySelectorAll('.react-flow *').length + ' elements, ' + document.querySelectorAll('.react-flow__node').length + ' nodes, ' + document.querySelectorAll('.link').length + ' links'",
    ),
  );
}
await shot('lab', new SyntheticRun(lab));
await shot('lab-groups', new SyntheticRun(lab), { query: 'lanes=workers' });
await shot('lab-none', new SyntheticRun(lab), { query: 'lanes=none&search=tag:eeg' });
await shot('lab-dark', new SyntheticRun(lab), { look: { colorScheme: 'dark' } });
await shot('rigs-50', new SyntheticRun(rigs(5, 10, 3)));
await shot('rigs-50-groups', new SyntheticRun(rigs(5, 10, 3)), { query: 'lanes=workers' });
await shot('rigs-1000', new SyntheticRun(rigs(50, 20, 8)));
await shot('rigs-1000-table', new SyntheticRun(rigs(50, 20, 8)), { query: 'view=stages' });
await shot('rigs-1000-search', new SyntheticRun(rigs(50, 20, 8)), { query: 'search=rig7' });
await shot('frozen', new SyntheticRun(lab), { query: 'frozen=1' }, async (v) => {
  await v.page.keyboard.press('?');
});
const ending = new SyntheticRun(lab);
await shot('ended', ending, { lingerMs: 60000 }, async () => {
  ending.end();
  await settle(500);
});
await browser.close();
