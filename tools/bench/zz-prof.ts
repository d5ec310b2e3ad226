import { graph } from '@troupe/core';
import { smallSource } from './stages/small-source.ts';
import { timedSink } from './stages/timed-sink.ts';
const n = Number(process.argv[2] ?? 20e6);
const fused = process.argv[3] === 'fused';
const g = graph('p');
const s = g.stage('source', smallSource, {
  options: { frames: n },
  worker: fused ? { group: 'a' } : { dedicated: true },
});
const k = g.stage('sink', timedSink, {
  options: { frameLength: 16, warmUp: 100000, timed: n - 200000 },
  worker: fused ? { group: 'a' } : { dedicated: true },
});
g.connect(s.out.frames, k.in.frames, { capacity: 1024 });
const run = await g.start({ onLog: (l) => console.log(l.message, JSON.stringify(l.fields)) });
const r = await run.done;
console.log(
  r.stats.stages.map((x) => [
    x.name,
    x.busyMs.toFixed(0),
    x.blockedMs.toFixed(0),
    x.idleMs.toFixed(0),
    x.onInput.p50,
  ]),
  r.stats.workers.map((w) => [w.sleeps, w.idleMs | 0, w.busyMs | 0]),
);
