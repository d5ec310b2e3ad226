import type { Command, DebugWire, GraphWire, StageWire } from '@troupe/core/telemetry';

export function isHeld({ isAllHeld, held }: DebugWire, stage: number): boolean {
  return isAllHeld || held.includes(stage);
}

/** What a person holds, in words; `undefined` while the run is running. */
export function holdText(debug: DebugWire, graph: GraphWire): string | undefined {
  const { isAllHeld, held } = debug;
  if (isAllHeld) return 'The run is held by you';
  if (held.length === 0) return undefined;
  const [first] = held;
  if (held.length === 1) return `${graph.stages[first ?? 0]?.name ?? 'A stage'} is held by you`;
  return `${held.length} stages are held by you`;
}

/** Holds the run, or lets all that is held go on. */
export function holdCommand({ isAllHeld, held }: DebugWire): Command {
  return isAllHeld || held.length > 0 ? { do: 'resume' } : { do: 'pause' };
}

/** Why a stage cannot take a step now; `undefined` where it can. */
export function whyNoStep(
  debug: DebugWire,
  stage: StageWire | undefined,
  unit: 'message' | 'tick',
): string | undefined {
  if (stage === undefined) return 'Select the stage that is to take a step.';
  if (unit === 'tick' && stage.tick === undefined) return `${stage.name} has no ticks.`;
  if (!isHeld(debug, stage.index)) return `${stage.name} is running: pause it first.`;
  return undefined;
}

/** Why the graph cannot be led through a phase now. */
export function whyNoPhase(debug: DebugWire, graph: GraphWire): string | undefined {
  if (graph.clock === 'realtime')
    return 'The realtime clock has no phases to step: start with the paced or fast clock.';
  return debug.isAllHeld ? undefined : 'The run is running: pause it first.';
}

/** The breakpoint that holds, in words. */
export function hitText({ hit, held, isAllHeld }: DebugWire, graph: GraphWire): string | undefined {
  if (hit === undefined || (!isAllHeld && held.length === 0)) return undefined;
  const name = graph.stages[hit.stage]?.name ?? `stage ${hit.stage}`;
  const port = hit.port === undefined ? '' : ` of ${hit.port}`;
  return `Breakpoint ${hit.breakpoint} holds ${name} before message ${hit.seq}${port}.`;
}
