import { takersMax } from '../events/event-table.ts';
import { checkName, list, show } from './problems.ts';
import type { Problems } from './problems.ts';
import type { ResolvedStage } from './stages.ts';
import type { BoundEvent, ControlPlan, EventPlan, EventUse } from './conditions.ts';
import type {
  ControlOptions,
  EventEntry,
  EventRef,
  GraphDeclaration,
  StageSettings,
  WorkerIndex,
} from './types.ts';

const forms: readonly ControlOptions['form'][] = ['switchable', 'toggleable'];
const uses: readonly EventUse[] = ['any', 'set', 'reset', 'read'];

/** What events mean to the stages, by the stages' positions. */
export interface ResolvedEvents {
  readonly entries: readonly EventEntry[];
  readonly bound: readonly (readonly BoundEvent[])[];
  readonly controls: readonly (ControlPlan | undefined)[];
}

/** Checks the graph's events, and how stages are bound to and controlled by them. */
export function resolveEvents(
  problems: Problems,
  declaration: GraphDeclaration,
  stages: readonly ResolvedStage[],
): ResolvedEvents {
  const entries = declaration.events ?? [];
  checkEntries(problems, entries);
  const indices = new Map<string, number>();
  for (const [index, { name }] of entries.entries()) if (!indices.has(name)) indices.set(name, index);
  const resolver = new Resolver(problems, indices);
  const settings = declaration.stages.map((entry) => entry.settings);
  const resolved: ResolvedEvents = {
    entries,
    bound: stages.map((stage, i) => resolver.bind(stage, settings[i]?.events ?? {})),
    controls: stages.map(({ name }, i) => resolver.control(name, settings[i]?.control)),
  };
  checkConsumers(problems, stages, resolved);
  checkUse(problems, resolved);
  return resolved;
}

/** The events of the plan, once it is known which actor runs where. */
export function planEvents(
  { entries, bound, controls }: ResolvedEvents,
  workerOf: readonly WorkerIndex[],
): readonly EventPlan[] {
  return entries.map(({ name, initial }, index) => {
    const controlled = controls.flatMap((control, actor) => (control?.event === index ? [actor] : []));
    const wakes = [...new Set(controlled.map((actor) => workerOf[actor] ?? 0))].sort((a, b) => a - b);
    const takers = controls.flatMap((control) =>
      control?.event === index && control.form === 'toggleable' ? [control.line] : [],
    );
    const askers = bound.flat().flatMap(({ event, asker }) => (event === index && asker >= 0 ? [asker] : []));
    return { index, name, initial, controls: controlled, takers, askers, wakes };
  });
}

function checkEntries(problems: Problems, entries: readonly EventEntry[]): void {
  const count = new Map<string, number>();
  for (const { name, initial } of entries) {
    checkName(problems, 'event', name, {});
    count.set(name, (count.get(name) ?? 0) + 1);
    if (typeof initial === 'boolean') continue;
    const message = `initial of event '${name}' is ${show(initial)}`;
    problems.error('BAD_EVENT', {}, message, 'Give true (set once from the start) or false.');
  }
  for (const [name, times] of count) {
    if (times === 1) continue;
    const message = `${times} events are named '${name}'`;
    problems.error('DUPLICATE_EVENT', {}, message, 'Give each event of a graph a name of its own.');
  }
}

class Resolver {
  readonly #problems: Problems;
  readonly #indices: ReadonlyMap<string, number>;
  readonly #takers = new Map<number, number>();
  #lines = 0;
  #askers = 0;

  constructor(problems: Problems, indices: ReadonlyMap<string, number>) {
    this.#problems = problems;
    this.#indices = indices;
  }

  bind({ name: stage, stage: definition }: ResolvedStage, given: StageSettings['events'] & {}): BoundEvent[] {
    const declared = this.#declared(stage, (definition as { events?: unknown } | undefined)?.events);
    for (const as of Object.keys(given)) {
      if (declared.has(as)) continue;
      const remedy = `It declares ${list(declared.keys())}: bind those, or declare more in defineStage.`;
      this.#problems.error('UNDECLARED_EVENT', { stage }, `it declares no event '${as}'`, remedy);
    }
    const bound: BoundEvent[] = [];
    for (const [as, use] of declared) {
      const ref = Object.hasOwn(given, as) ? given[as] : undefined;
      if (ref === undefined) {
        const remedy = `Bind it in graph.stage: { events: { ${as}: graph.event('<name>') } }.`;
        this.#problems.error('UNBOUND_EVENT', { stage }, `its event '${as}' is not bound`, remedy);
        continue;
      }
      const event = this.#find(stage, ref);
      if (event === undefined) continue;
      bound.push({ as, event, use, asker: use === 'read' ? -1 : this.#askers++ });
    }
    return bound;
  }

  control(stage: string, control: ControlOptions | undefined): ControlPlan | undefined {
    if (control === undefined) return undefined;
    const form = (control as Partial<ControlOptions> | null)?.form;
    if (form === undefined || !forms.includes(form)) {
      const message = `control.form is ${show(form)}`;
      this.#problems.error('BAD_CONTROL', { stage }, message, `Use one of ${forms.join(', ')}.`);
    }
    const event = this.#find(stage, control?.event);
    if (event === undefined || form === undefined) return undefined;
    if (form !== 'toggleable') return { form, event, number: 0, line: 0 };
    const number = (this.#takers.get(event) ?? 0) + 1;
    this.#takers.set(event, number);
    if (number === takersMax + 1) {
      const message = `it is one of more than ${takersMax} toggleable stages of one event`;
      this.#problems.error('BAD_CONTROL', { stage }, message, 'Give some of them an event of their own.');
    }
    return { form, event, number, line: this.#lines++ };
  }

  /** The names that a stage declares, with what it does with them. */
  #declared(stage: string, events: unknown): ReadonlyMap<string, EventUse> {
    const entries: [unknown, unknown][] = Array.isArray(events)
      ? events.map((name: unknown) => [name, 'any'])
      : Object.entries((events as Record<string, unknown> | undefined) ?? {});
    const declared = new Map<string, EventUse>();
    for (const [name, use] of entries) {
      checkName(this.#problems, "stage's event", name, { stage });
      if (!uses.includes(use as EventUse)) {
        const message = `events.${String(name)} is ${show(use)}`;
        this.#problems.error('BAD_EVENT', { stage }, message, `Use one of ${uses.join(', ')}.`);
      }
      if (declared.has(name as string)) {
        const message = `its definition declares event ${show(name)} twice`;
        this.#problems.error('DUPLICATE_EVENT', { stage }, message, 'Declare each name once.');
      }
      declared.set(name as string, use as EventUse);
    }
    return declared;
  }

  #find(stage: string, ref: EventRef | string | undefined): number | undefined {
    const name = typeof ref === 'string' ? ref : ref?.event;
    const index = this.#indices.get(name ?? '');
    if (index !== undefined) return index;
    const message = typeof name === 'string' ? `there is no event '${name}'` : `${show(ref)} is no event`;
    const remedy = `Use what graph.event returned, or one of its names: ${list(this.#indices.keys())}.`;
    this.#problems.error('UNKNOWN_EVENT', { stage }, message, remedy);
    return undefined;
  }
}

/** Who is controlled by an event, or resets it, takes something from all others who are or do. */
function checkConsumers(
  problems: Problems,
  stages: readonly ResolvedStage[],
  { entries, bound, controls }: ResolvedEvents,
): void {
  for (const [event, { name }] of entries.entries()) {
    const consumers = stages.filter(
      (_, i) =>
        controls[i]?.event === event ||
        bound[i]?.some((binding) => binding.event === event && binding.use === 'reset') === true,
    );
    if (consumers.length < 2) continue;
    const names = list(consumers.map((stage) => stage.name));
    const message = `event '${name}' has ${consumers.length} consumers: ${names}`;
    const remedy = 'Each activation goes to whichever comes first: give each stage an event of its own.';
    problems.warn('SEVERAL_CONSUMERS', {}, message, remedy);
  }
}

function checkUse(problems: Problems, { entries, bound, controls }: ResolvedEvents): void {
  const used = new Set([
    ...bound.flatMap((bindings) => bindings.map(({ event }) => event)),
    ...controls.map((control) => control?.event),
  ]);
  for (const [event, { name }] of entries.entries()) {
    if (used.has(event)) continue;
    const remedy = 'Bind it to a stage (`events`, `control`), or remove it.';
    problems.warn('UNUSED_EVENT', {}, `no stage uses event '${name}'`, remedy);
  }
}
