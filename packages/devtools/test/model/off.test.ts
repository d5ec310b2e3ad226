import type { ServerMessage, StageColumn, StageWire } from '@troupe/core/telemetry';
import { describe, expect, it } from 'vitest';
import { bottleneckOf } from '../../src/model/bottleneck.ts';
import { healthOf, healthText } from '../../src/model/health.ts';
import type { Model } from '../../src/model/model.ts';
import { emptyModel, reduce } from '../../src/model/model.ts';
import { edgeWire, graphWire, stageWire, statsAt } from './scene.ts';

const stages = [
  stageWire(0, 'source'),
  stageWire(1, 'switched', { control: { form: 'switchable', event: 'armed' } }),
  stageWire(2, 'toggled', { control: { form: 'toggleable', event: 'shutter' } }),
  stageWire(3, 'trained', { activeIn: ['training'], control: { form: 'switchable', event: 'armed' } }),
];
const graph = {
  ...graphWire(stages, [edgeWire(0, 0, 1), edgeWire(1, 0, 2)]),
  events: ['shutter', 'armed'],
};

interface Then {
  /** Activations of the shutter, and of what arms. */
  readonly events: readonly number[];
  readonly mode?: string;
  readonly rows?: readonly Partial<Record<StageColumn, number>>[];
  readonly depth?: number;
}

function modelAfter({ events, mode = 'idle', rows = [{}, {}, {}, {}], depth = 0 }: Then): Model {
  const edges = [{ depth, capacity: 8 }, { capacity: 8 }];
  const messages: readonly ServerMessage[] = [
    { type: 'graph', graph },
    { ...statsAt(0, [{}, {}, {}, {}], edges, mode), events },
    { ...statsAt(1_000, rows, edges, mode), events },
  ];
  return messages.reduce(reduce, emptyModel);
}

function said(then: Then): readonly string[] {
  const model = modelAfter(then);
  return stages.map((stage: StageWire) => `${healthOf(model, stage)}: ${healthText(model, stage)}`);
}

describe('A stage that an event controls', () => {
  it('is inactive while the event is not set, and says which', () => {
    expect(said({ events: [0, 0] })).toEqual([
      'idle: idle',
      "inactive: off: event 'armed' not set",
      "inactive: waits for event 'shutter'",
      'inactive: off in mode idle',
    ]);
    expect(said({ events: [2, 1], mode: 'training' })).toEqual([
      'idle: idle',
      'idle: idle',
      'idle: idle',
      'idle: idle',
    ]);
    expect(said({ events: [2, 0], mode: 'training' })[3]).toBe("inactive: off: event 'armed' not set");
  });

  it('that takes each activation as it comes is busy all the same', () => {
    const busy = [{}, { busyNs: 0.9e9 }, { busyNs: 0.9e9 }, {}];
    expect(said({ events: [0, 0], rows: busy })).toMatchObject({
      1: "inactive: off: event 'armed' not set",
      2: 'busy: busy',
    });
    const blocked = [{}, {}, { blockedNs: 0.9e9 }, {}];
    expect(said({ events: [0, 0], rows: blocked })[2]).toBe('blocked: blocked');
  });

  it('holds up those before it until somebody sets the event', () => {
    const rows = [{ blockedNs: 0.9e9 }, {}, {}, {}];
    const cause = bottleneckOf(modelAfter({ events: [0, 0], rows, depth: 8 }));
    expect(cause?.text).toBe("switched holds up 1 stage: it waits for event 'armed', which is not set.");
    expect(cause?.why).toMatch(/Set the event, or let the stage drop while it is off\.$/);
  });
});
