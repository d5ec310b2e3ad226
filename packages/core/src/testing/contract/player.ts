import type { StandardSchemaV1 } from '@standard-schema/spec';
import { frame, message } from '../../ports.ts';
import type { Port, PortMap } from '../../ports.ts';
import { defineStage } from '../../stage.ts';
import type { Handlers, Out, Stage } from '../../stage.ts';

/** One thing to emit. */
interface Note {
  readonly port: string;
  readonly data: unknown;
  readonly time: number;
}

/** What a player plays: plain data, as it may go to a worker. */
export interface PlayerOptions {
  readonly ports: Readonly<Record<string, Port>>;
  /** What to emit in each tick; without ticks one note per demand, all in the first list. */
  readonly rounds: readonly (readonly Note[])[];
  readonly isTicking: boolean;
}

const trusted: StandardSchemaV1<PlayerOptions> = {
  '~standard': { version: 1, vendor: 'troupe', validate: (value) => ({ value: value as PlayerOptions }) },
};

/** Emits what a script says arrives at a stage: one output for each of its inputs. */
export const player: Stage<typeof trusted, {}, PortMap> = defineStage({
  module: import.meta.url,
  name: 'player',
  options: trusted,
  outputs: ({ ports, rounds, isTicking }: PlayerOptions): PortMap => {
    const maxEmit = isTicking ? Math.max(1, ...rounds.map(({ length }) => length)) : 1;
    return Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, outputOf(port, maxEmit)]));
  },
  create: ({ options }) => (options.isTicking ? ticking(options) : demanded(options)),
});

/** A function of a schema does not survive the way to a worker, and is not needed there. */
export function plainPort(port: Port): Port {
  return port.kind === 'frame' ? port : { ...port, schema: undefined };
}

function outputOf(port: Port, maxEmit: number): Port {
  if (port.kind === 'frame') return frame(port.dtype, port.shape, { maxEmit });
  return message(undefined, { maxEmit, maxBytes: port.maxBytes });
}

function ticking({ rounds }: PlayerOptions): Handlers<{}, PortMap> {
  return {
    onTick({ index }, out) {
      for (const note of rounds[index] ?? []) emit(note, out);
    },
  };
}

function demanded({ rounds }: PlayerOptions): Handlers<{}, PortMap> {
  const notes = rounds[0] ?? [];
  let at = 0;
  return {
    onDemand(out) {
      const note = notes[at++];
      if (note === undefined) return 'end';
      emit(note, out);
      return undefined;
    },
  };
}

function emit({ port, data, time }: Note, out: Out): void {
  out.at(time);
  out.send(port, data);
}
