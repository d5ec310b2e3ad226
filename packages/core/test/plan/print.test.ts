import { expect, test } from 'vitest';
import { compile } from '../../src/plan/compile.ts';
import { planJson, planMermaid, planText } from '../../src/plan/print.ts';
import type { Plan } from '../../src/plan/types.ts';
import * as v from 'valibot';
import { message } from '../../src/ports.ts';
import { declare, eight, relay, source, stageOf } from './declare.ts';

const talker = stageOf('talker', { in: eight }, { said: message(), rest: eight }, { io: true });
const listener = stageOf('listener', { heard: message() }, {}, { module: undefined });

const plan: Plan = compile(
  declare(
    {
      source: [source, { tick: { hz: 100, phase: 'acquisition' } }],
      scale: [relay, { supervision: { strategy: 'stop', triesMax: 1 }, tick: { hz: 0.5, priority: -1 } }],
      talker,
      listener,
    },
    [
      'source.out > scale.in',
      ['scale.out > talker.in', { capacity: 8, overflow: 'latest' }],
      'talker.said > listener.heard',
      ['scale.out > scale.in', { back: true, capacity: 2, overflow: 'dropNewest' }],
    ],
    { inputs: { more: 'scale.in' }, outputs: { doubled: 'scale.out' } },
  ),
  { workers: 2 },
);

test('text', () => {
  expect(planText(plan)).toBe(`plan 'test': 4 actors, 2 workers beside main, 6 edges, 6 rings (264.2 KiB)

workers
  worker  waits       actors, in the order they are stepped
  main    event loop  listener
  1 (io)  event loop  talker
  2       parked      scale, source

actors
  actor     stage     worker  depth  tick                when it fails     module
  source    source    2       1      100 Hz acquisition  restart, 3 tries  file:///stages.ts
  scale     relay     2       0      0.5 Hz control -1   stop, 1 try       file:///stages.ts
  talker    talker    1       1                          restart, 3 tries  file:///stages.ts
  listener  listener  main    0                          restart, 3 tries

edges
  edge  from         to              transport    ring  capacity  overflow
  0     source.out   scale.in        fused        1     64        block
  1     scale.out    talker.in       ring         2     8         latest
  2     talker.said  listener.heard  ring         4     64        block
  3     scale.out    scale.in        fused, back  3     2         dropNewest
  4     > more       scale.in        ring         0     64        block
  5     scale.out    doubled >       ring         2     64        block

rings
  ring  writer       on    of                        capacity  slots  read by               bytes
  0     > more       main  float32 [8]               64        64     scale.in              2 KiB
  1     source.out   2     float32 [8]               64        64     scale.in              2 KiB
  2     scale.out    2     float32 [8]               64        128    talker.in, doubled >  4 KiB
  3     scale.out    2     float32 [8]               2         2      scale.in              64 B
  4     talker.said  1     messages of up to 64 KiB  64        64     listener.heard        256 KiB
  5     talker.rest  1     float32 [8]               4         4                            128 B

runners
  runner  hz   exactly  stages
  100 Hz  100  100      source
  0.5 Hz  0.5  1/2      scale

steps
  tick  phase        priority  actor   runner
  0     acquisition  0         source  100 Hz
  1     control      -1        scale   0.5 Hz

warnings
  UNREAD_OUTPUT at talker.rest: nobody reads output 'rest'. Connect it, or graph.output or graph.terminate it.
`);
});

test('text: what there is none of', () => {
  const text = planText(compile(declare({ a: stageOf('a', {}, {}) }), { workers: 1 }));
  expect(text).toContain('1 actor, 1 worker beside main, 0 edges, 0 rings (0 B)');
  expect(text).toMatch(/\n\nedges: none\n\nrings: none\n$/);
});

test('Mermaid', () => {
  expect(planMermaid(plan)).toBe(`flowchart LR
  i0(["more"])
  subgraph w0["main"]
    a3["listener"]
  end
  subgraph w1["worker 1 (io)"]
    a2["talker"]
  end
  subgraph w2["worker 2"]
    a1["scale"]
    a0["source"]
  end
  o0(["doubled"])
  a0 -->|"out → in, fused 64 block"| a1
  a1 -->|"out → in, ring 8 latest"| a2
  a2 -->|"said → heard, ring 64 block"| a3
  a1 -.->|"out → in, fused 2 dropNewest"| a1
  i0 -->|"in, ring 64 block"| a1
  a1 -->|"out, ring 64 block"| o0
`);
});

test('Mermaid: names cannot break out of their labels', () => {
  const [worker] = plan.workers;
  const odd: Plan = {
    ...plan,
    workers: [{ ...worker!, actors: [0] }],
    actors: [{ ...plan.actors[0]!, name: 'a"] --> b#<`&' }],
    edges: [],
    inputs: [],
    outputs: [],
  };
  expect(planMermaid(odd)).toContain('a0["a#34;] --#62; b#35;#60;#96;#38;"]');
});

test('JSON: options that JSON does not know', () => {
  const stage = stageOf('s', {}, {}, { options: v.unknown() });
  const options = {
    big: 12n,
    taps: Float32Array.of(0.5, 1),
    map: new Map([['a', 1]]),
    set: new Set([2]),
    none: undefined,
  };
  const json = planJson(compile(declare({ a: [stage, { options }] })));
  expect((JSON.parse(json) as Plan).actors[0]?.options).toEqual({
    big: '12n',
    taps: [0.5, 1],
    map: [['a', 1]],
    set: [2],
  });
  expect(json.startsWith('{\n  "name": "test"')).toBe(true);
});
