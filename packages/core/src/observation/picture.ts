import { bucketBoundNs, histogramBuckets } from '@troupe/mailbox';
import { everyStep } from '../clock/schedule.ts';
import { problemText } from '../errors.ts';
import { shownEdges } from '../plan/recorders.ts';
import type { ActorPlan, EdgeEnd, EdgePlan, Plan } from '../plan/types.ts';
import type { TelemetryLimits } from '../telemetry/source.ts';
import { describe } from '../telemetry/value.ts';
import type {
  EdgeWire,
  EndWire,
  GraphWire,
  ModesWire,
  PortWire,
  StageWire,
  TickWire,
} from '../telemetry/wire.ts';

/** A plan as observers see it. */
export function pictureOf(plan: Plan, modes: ModesWire, limits: TelemetryLimits): GraphWire {
  return {
    name: plan.name,
    clock: plan.clock,
    stages: plan.actors.map((actor) => stagePicture(plan, actor, limits)),
    // An index in the protocol is a place in this list.
    edges: shownEdges(plan).map((edge, index) => edgePicture(plan, edge, index)),
    workers: plan.workers.map(({ index, io }) => {
      return { index, role: index === 0 ? 'main' : io ? 'io' : 'compute' };
    }),
    runners: plan.runners.map(({ name, hz }) => ({ name, hz })),
    events: plan.events.map(({ name }) => name),
    resources: plan.resources.map(({ name, capacity }) => ({ name, capacity })),
    latches: plan.latches.map(({ name }) => name),
    modes,
    warnings: plan.warnings.map(problemText),
    bucketsNs: Float64Array.from({ length: histogramBuckets }, (_, index) => bucketBoundNs(index)),
  };
}

function stagePicture(plan: Plan, actor: ActorPlan, { redact, valueBytesMax }: TelemetryLimits): StageWire {
  const { index, name, stage, module, worker, io, tags, activeIn, whileInactive, control } = actor;
  const bytesMax = valueBytesMax === undefined ? {} : { bytesMax: valueBytesMax };
  return {
    index,
    name,
    stage,
    module,
    worker,
    io,
    tags,
    inputs: inputPictures(plan, actor),
    outputs: actor.outlets.map(({ port, kind, dtype, shape }) => ({ name: port, kind, dtype, shape })),
    options: describe(actor.options, `${name}.options`, { redact, ...bytesMax }),
    tick: tickPicture(plan, actor),
    supervision: actor.supervision.strategy,
    activeIn,
    whileInactive,
    events: actor.events.map(({ event }) => plan.events[event]?.name ?? ''),
    control:
      control === undefined
        ? undefined
        : { form: control.form, event: plan.events[control.event]?.name ?? '' },
    resources: actor.resources.map(({ resource }) => plan.resources[resource]?.name ?? ''),
    latches: actor.latches.map(({ latch }) => plan.latches[latch]?.name ?? ''),
  };
}

/** Each port once: several edges may lead to it. What it carries is what their writers send. */
function inputPictures(plan: Plan, { inlets }: ActorPlan): readonly PortWire[] {
  const ports = new Map<string, PortWire>();
  for (const { port, kind, edge } of inlets) {
    const { from } = plan.edges[edge] ?? {};
    const source =
      from?.kind === 'actor'
        ? plan.actors[from.actor]?.outlets.find((outlet) => outlet.port === from.port)
        : plan.inputs.find(({ edge: own }) => own === edge);
    ports.set(port, { name: port, kind, dtype: source?.dtype, shape: source?.shape });
  }
  return [...ports.values()];
}

function tickPicture(plan: Plan, { tick }: ActorPlan): TickWire | undefined {
  if (tick === undefined) return undefined;
  const { runner, phase, priority, budgetMs } = tick;
  const { name = 'every step', hz = 0 } = runner === everyStep ? {} : (plan.runners[runner] ?? {});
  return {
    runner: name,
    hz,
    phase,
    priority,
    budgetNs: budgetMs === undefined ? undefined : budgetMs * 1e6,
  };
}

function edgePicture(plan: Plan, edge: EdgePlan, index: number): EdgeWire {
  const { transport, overflow, back, from, to } = edge;
  return {
    index,
    from: endPicture(from),
    to: endPicture(to),
    kind: kindOf(plan, edge),
    transport,
    overflow,
    back,
  };
}

function kindOf(plan: Plan, { index, from }: EdgePlan): 'frame' | 'message' {
  if (from.kind === 'boundary') return plan.inputs.find(({ edge }) => edge === index)?.kind ?? 'message';
  return plan.actors[from.actor]?.outlets.find(({ port }) => port === from.port)?.kind ?? 'message';
}

function endPicture(end: EdgeEnd): EndWire {
  return end.kind === 'actor'
    ? { kind: 'stage', stage: end.actor, port: end.port }
    : { kind: 'boundary', name: end.name };
}
