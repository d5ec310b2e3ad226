import { defineStage, frame } from '@troupe/core';
import type { FramePort, Stage } from '@troupe/core';
import type { SampleLayout, SamplesPort } from '@troupe/stages';
import * as v from 'valibot';

type DeparturesIn = { readonly samples: SamplesPort };
type DeparturesOut = { readonly departedNs: FramePort<'float64', readonly []> };

/**
 * Notes when each frame has left the source, so that the way from there to the view can be measured at any
 * speed: at other than real-time pace a frame's logical time says nothing about that. Belongs on the source's
 * own worker, where it sees a frame right after the source has emitted it.
 *
 * Input `samples`: float32 frames of a `SampleLayout`. Output `departedNs`: float64 scalar, nanoseconds since
 * the run's epoch; time: the input's.
 */
export const departures: Stage<v.GenericSchema<SampleLayout>, DeparturesIn, DeparturesOut> = defineStage({
  module: import.meta.url,
  name: 'departures',
  // Shares the source's worker, which has an event loop.
  io: true,
  inputs: ({ block, channels }: SampleLayout): DeparturesIn => ({
    samples: frame('float32', (block === undefined ? [channels] : [block, channels]) as readonly number[]),
  }),
  outputs: { departedNs: frame('float64', [] as const) },
  options: v.object({ channels: v.number(), block: v.optional(v.number()) }),
  create: ({ now }) => ({
    onInput(_input, out) {
      out.reserve('departedNs')[0] = now();
      out.commit('departedNs');
    },
  }),
});
