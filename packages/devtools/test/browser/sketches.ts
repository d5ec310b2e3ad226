import type { EdgeSketch, RunSketch, StageSketch } from './synthetic.ts';

/** A small lab in which one stage is too slow, one is inactive, one has been restarted, and an edge drops. */
export const lab: RunSketch = {
  name: 'lab',
  workers: 3,
  stages: [
    { name: 'amplifier', worker: 1, tags: ['eeg'], busy: 0.06, blocked: 0.82, rate: 400 },
    { name: 'notch', worker: 1, tags: ['eeg'], busy: 0.12, blocked: 0.71, rate: 400 },
    { name: 'window', worker: 2, tags: ['eeg'], busy: 0.18, blocked: 0.55, rate: 40 },
    { name: 'classify', worker: 2, tags: ['model'], busy: 0.97, rate: 40 },
    { name: 'train', worker: 3, tags: ['model'], busy: 0, rate: 0, activeIn: ['training'] },
    { name: 'camera', worker: 3, tags: ['video'], busy: 0.41, rate: 30, restarts: 2 },
    { name: 'gaze', worker: 3, tags: ['video'], busy: 0.22, rate: 24 },
    { name: 'display', worker: 0, busy: 0.03, rate: 61 },
  ],
  edges: [
    { from: 'amplifier', to: 'notch', depth: 64 },
    { from: 'notch', to: 'window', depth: 64 },
    { from: 'window', to: 'classify', depth: 16, capacity: 16 },
    { from: 'window', to: 'train', capacity: 16, overflow: 'dropNewest' },
    { from: 'classify', to: 'display', depth: 1, capacity: 8 },
    { from: 'camera', to: 'gaze', depth: 1, capacity: 1, overflow: 'latest', droppedPerSecond: 6 },
    { from: 'gaze', to: 'display', depth: 0, capacity: 8 },
    { from: 'display', to: 'classify', depth: 0, capacity: 4, back: true, overflow: 'latest' },
    { from: 'commands', to: 'display', capacity: 16 },
    { from: 'classify', to: 'decisions', depth: 3, capacity: 32 },
  ],
};

/** As many chains of stages side by side as are asked for, each of `length` stages, that come together. */
export function rigs(count: number, length: number, workers: number): RunSketch {
  const stages: StageSketch[] = [];
  const edges: EdgeSketch[] = [];
  for (let rig = 0; rig < count; rig += 1) {
    for (let at = 0; at < length; at += 1) {
      stages.push({
        name: `rig${rig}/${kindAt(at, length)}${at}`,
        worker: 1 + (rig % workers),
        tags: [rig % 2 === 0 ? 'even' : 'odd', kindAt(at, length)],
        busy: ((rig * 7 + at * 3) % 10) / 11,
        rate: 10 ** (1 + (rig % 4)),
      });
      if (at > 0) edges.push({ from: nameAt(rig, at - 1, length), to: nameAt(rig, at, length), depth: at });
      if (at > 2) edges.push({ from: nameAt(rig, at - 3, length), to: nameAt(rig, at, length) });
      if (rig > 0 && at > 0) {
        edges.push({
          from: nameAt(rig - 1, at - 1, length),
          to: nameAt(rig, at, length),
          overflow: 'latest',
        });
      }
    }
  }
  return { name: `rigs of ${stages.length}`, workers, stages, edges };
}

function nameAt(rig: number, at: number, length: number): string {
  return `rig${rig}/${kindAt(at, length)}${at}`;
}

function kindAt(at: number, length: number): string {
  if (at === 0) return 'source';
  return at === length - 1 ? 'sink' : 'fir';
}
