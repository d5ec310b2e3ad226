import { payloadText } from '../equality.ts';

/** One thing that happens to a stage. */
export type Step =
  | { readonly kind: 'input'; readonly port: string; readonly data: unknown }
  | { readonly kind: 'tick' }
  | { readonly kind: 'demand' }
  | { readonly kind: 'post'; readonly value: unknown };

/** Everything that happens to a stage, in order. */
export type Script = readonly Step[];

/**
 * What comes between two steps, and must not be noticed: the event loop turns (a batch ends), time passes (an
 * output is full), a mode is entered, a successor takes over from a snapshot.
 */
export type Interruption = { readonly at: number } & (
  | { readonly kind: 'turn' }
  | { readonly kind: 'pause'; readonly ms: number }
  | { readonly kind: 'mode'; readonly mode: string }
  | { readonly kind: 'handover'; readonly how: Handover }
);

/**
 * `restart`: the predecessor is stopped first. `death`: it is not. `look`: it is only asked for a
 * snapshot.
 */
export type Handover = 'restart' | 'death' | 'look';

/**
 * When a step happens, in ns since the run's epoch; ticks also have an index, and the time since the last.
 */
export interface Timing {
  readonly time: number;
  readonly index: number;
  readonly dt: number;
}

const stepNs = 1e6;

/**
 * When the steps of a script happen. What comes before tick *k* belongs to the step of the clock at which
 * it is due; a nanosecond lies between two of them. Without ticks they are 1 ms apart.
 */
export function timingsOf(script: Script, hz: number | undefined): readonly Timing[] {
  if (hz === undefined) return script.map((_, i) => ({ time: (i + 1) * stepNs, index: 0, dt: 0 }));
  const due = (index: number): number => Math.floor((index * 1e9) / hz);
  let index = 0;
  let within = 0;
  return script.map(({ kind }) => {
    if (kind !== 'tick') return { time: due(index) + within++, index, dt: 0 };
    const timing = { time: due(index), index, dt: index === 0 ? due(1) : due(index) - due(index - 1) };
    index += 1;
    within = 0;
    return timing;
  });
}

/** A script as lines, for a person. */
export function scriptText(script: Script, interruptions: readonly Interruption[]): string {
  const lines: string[] = [];
  for (let i = 0; i <= script.length; i++) {
    for (const interruption of interruptions) {
      if (interruption.at === i) lines.push(`     – ${interruptionText(interruption)}`);
    }
    const step = script[i];
    if (step !== undefined) lines.push(`${String(i + 1).padStart(4)} ${stepText(step)}`);
  }
  return lines.length === 0 ? '     (nothing)' : lines.join('\n');
}

function stepText(step: Step): string {
  if (step.kind === 'input') return `input ${step.port} ${payloadText(step.data)}`;
  return step.kind === 'post' ? `post ${payloadText(step.value)}` : step.kind;
}

function interruptionText(interruption: Interruption): string {
  switch (interruption.kind) {
    case 'turn':
      return 'the batch ends, the event loop turns';
    case 'pause':
      return `nothing for ${interruption.ms} ms`;
    case 'mode':
      return `mode ${interruption.mode}`;
    case 'handover':
      return { restart: 'a restart', death: 'a successor takes over', look: 'a snapshot' }[interruption.how];
  }
}
