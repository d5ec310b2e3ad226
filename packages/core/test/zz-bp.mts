import { graph } from '@troupe/core';
import { counter, relay, sink } from './fixtures/frames.ts';
import { createProbe, openGate } from './fixtures/probe.ts';
const own = { worker: { dedicated: true } } as const;
  const [source, probe] = [createProbe(), createProbe()];
  const g = graph('backpressure');
  let last = g.stage('source', counter, { options: { count: 20_000, probe: source }, ...own }).out.frames;
  for (let i = 0; i < 3; i++) {
    const stage = g.stage(`relay${i}`, relay, { worker: { group: i === 1 ? 'b' : 'a' } });
    g.connect(last, stage.in.frames, { capacity: 8 });
    last = stage.out.frames;
  }
  const end = g.stage('end', sink, { options: { probe }, ...own });
  g.connect(last, end.in.frames, { capacity: 8 });
const run = await g.start();
setTimeout(() => { console.log(source, run.stats().edges, run.stats().stages.map(s => [s.name, s.state, s.depth, s.handled])); openGate(probe); run.stop(); }, 500);
