import { arrayConstructor, frameLength } from '@troupe/mailbox';
import { rateOf } from '../clock/rate.ts';
import { problemText } from '../errors.ts';
import { shownEdges } from './recorders.ts';
import type { RingPlan } from './ring-types.ts';
import type { ActorPlan, EdgeEnd, EdgePlan, Plan, WorkerPlan } from './types.ts';

/**
 * The plan as aligned tables: workers with their actors, edges, rings with their bytes, warnings. Ends with a
 * newline.
 */
export function planText(plan: Plan): string {
  const bytes = plan.rings.reduce((sum, ring) => sum + ringBytes(ring), 0);
  const sections = [
    `plan '${plan.name}': ${count(plan.actors.length, 'actor')}, ` +
      `${count(plan.workers.length - 1, 'worker')} beside main, ` +
      `${count(plan.edges.length, 'edge')}, ${count(plan.rings.length, 'ring')} (${bytesText(bytes)})`,
    section('workers', ['worker', 'waits', 'actors, in the order they are stepped'], workerRows(plan)),
    section(
      'actors',
      ['actor', 'stage', 'worker', 'depth', 'tick', 'when it fails', 'module'],
      actorRows(plan),
    ),
    ...modeSections(plan),
    section(
      'edges',
      ['edge', 'from', 'to', 'transport', 'ring', 'capacity', 'overflow'],
      shownEdges(plan).map((edge) => edgeRow(plan, edge)),
    ),
    section(
      'rings',
      ['ring', 'writer', 'on', 'of', 'capacity', 'slots', 'read by', 'bytes'],
      plan.rings.map((ring) => ringRow(plan, ring)),
    ),
  ];
  if (plan.stepOrder.length > 0) sections.push(...tickSections(plan));
  sections.push(...conditionSections(plan));
  if (plan.latches.length > 0) {
    sections.push(section('latches', ['latch', 'of', 'written by', 'read by'], latchRows(plan)));
  }
  if (plan.warnings.length > 0) {
    sections.push(['warnings', ...plan.warnings.map((warning) => `  ${problemText(warning)}`)].join('\n'));
  }
  return `${sections.join('\n\n')}\n`;
}

/** Its clock: the rates, and the order in which ticks of one step are delivered. */
function tickSections(plan: Plan): readonly string[] {
  return [
    section(
      'runners',
      ['runner', 'hz', 'exactly', 'stages'],
      plan.runners.map(({ name, hz }, index) => [
        name,
        String(hz),
        rateText(hz),
        plan.stepOrder
          .filter(({ runner }) => runner === index)
          .map(({ actor }) => plan.actors[actor]?.name ?? '')
          .join(', '),
      ]),
    ),
    section(
      'steps',
      ['tick', 'phase', 'priority', 'actor', 'runner'],
      plan.stepOrder.map(({ actor, runner, phase, priority }, index) => [
        String(index),
        phase,
        String(priority),
        plan.actors[actor]?.name ?? '',
        plan.runners[runner]?.name ?? 'every step',
      ]),
    ),
  ];
}

function latchRows(plan: Plan): readonly (readonly string[])[] {
  const name = (actor: number): string => plan.actors[actor]?.name ?? '';
  return plan.latches.map(({ name: latch, dtype, shape, writer, readers }) => [
    latch,
    `${dtype} [${shape.join(', ')}]`,
    name(writer),
    readers.map(name).join(', '),
  ]);
}

function rateText(hz: number): string {
  const { numerator, denominator } = rateOf(hz);
  return denominator === 1 ? String(numerator) : `${numerator}/${denominator}`;
}

/** What stages run by: events, resources, and what may stop them; outputs that nobody needs. */
function conditionSections(plan: Plan): readonly string[] {
  const { events, resources, halts, terminators } = plan;
  const nameOf = (actor: number): string => plan.actors[actor]?.name ?? '';
  const sections: string[] = [];
  if (events.length > 0) {
    const rows = events.map(({ name, initial, index }) => [
      name,
      initial ? 'set' : '',
      plan.actors
        .flatMap(({ name: stage, control }) =>
          control?.event === index ? [`${stage} (${control.form})`] : [],
        )
        .join(', '),
      plan.actors
        .flatMap(({ name: stage, events: bound }) =>
          bound.flatMap(({ event, use }) => (event === index ? [`${stage} (${use})`] : [])),
        )
        .join(', '),
    ]);
    sections.push(section('events', ['event', 'at first', 'controls', 'used by'], rows));
  }
  if (resources.length > 0) {
    const rows = resources.map(({ name, capacity, users }) => [
      name,
      String(capacity),
      users.map(({ actor, amount }) => `${nameOf(actor)} (${amount})`).join(', '),
    ]);
    sections.push(section('resources', ['resource', 'capacity', 'held by, while they run'], rows));
  }
  if (terminators.length > 0) {
    const names = terminators.map(({ stage, port }) => `  ${stage}.${port}`);
    sections.push(['terminated outputs', ...names].join('\n'));
  }
  if (halts.length > 0) {
    const rows = halts.map(({ stage, event, isInitial }) => [
      stage,
      event,
      isInitial ? 'from the start' : 'once it is taken back',
    ]);
    const title = 'may stand still for ever (only the application can start them)';
    sections.push(section(title, ['stage', 'stopped by', 'since'], rows));
  }
  return sections;
}

/** The plan as a Mermaid flow chart: one box per worker, back-edges dashed. Ends with a newline. */
export function planMermaid(plan: Plan): string {
  const lines = ['flowchart LR'];
  const inputs = plan.inputs.map(({ name }) => name);
  const outputs = plan.outputs.map(({ name }) => name);
  inputs.forEach((name, i) => lines.push(`  i${i}([${label(name)}])`));
  for (const worker of plan.workers) {
    if (worker.actors.length === 0) continue;
    lines.push(
      `  subgraph w${worker.index}[${label(worker.index === 0 ? 'main' : `worker ${workerName(worker)}`)}]`,
    );
    for (const actor of worker.actors) lines.push(`    a${actor}[${label(plan.actors[actor]?.name ?? '')}]`);
    lines.push('  end');
  }
  outputs.forEach((name, i) => lines.push(`  o${i}([${label(name)}])`));
  const node = (end: EdgeEnd, side: 'i' | 'o'): string =>
    end.kind === 'actor' ? `a${end.actor}` : `${side}${(side === 'i' ? inputs : outputs).indexOf(end.name)}`;
  for (const edge of shownEdges(plan)) {
    const arrow = edge.back ? '-.->' : '-->';
    const text = `${portsText(edge)}, ${edge.transport} ${edge.capacity} ${edge.overflow}`;
    lines.push(`  ${node(edge.from, 'i')} ${arrow}|${label(text)}| ${node(edge.to, 'o')}`);
  }
  return `${lines.join('\n')}\n`;
}

/**
 * The plan as indented JSON. What is `undefined` is left out. Stage options that JSON does not know are
 * written as close as it can: typed arrays, maps and sets as arrays, a bigint as a string such as `12n`.
 */
export function planJson(plan: Plan): string {
  return `${JSON.stringify(plan, jsonValue, 2)}\n`;
}

function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Uint8Array);
  if (value instanceof Map || value instanceof Set) return [...value];
  return value;
}

function workerRows(plan: Plan): readonly (readonly string[])[] {
  return plan.workers.map((worker) => [
    workerName(worker),
    worker.io ? 'event loop' : 'parked',
    worker.actors.map((actor) => plan.actors[actor]?.name ?? '').join(', '),
  ]);
}

function actorRows(plan: Plan): readonly (readonly string[])[] {
  return plan.actors.map((actor) => [
    actor.name,
    actor.stage,
    workerNumber(actor.worker),
    String(actor.depth),
    tickText(plan, actor),
    `${actor.supervision.strategy}, ${count(actor.supervision.triesMax, 'try', 'tries')}`,
    actor.module ?? '',
  ]);
}

/** Only where modes matter. */
function modeSections(plan: Plan): readonly string[] {
  const gated = plan.actors.filter(({ activeIn }) => activeIn !== undefined);
  if (gated.length === 0) return [];
  const { initial, names } = plan.modes;
  const title = `modes: ${names.map((mode) => (mode === initial ? `${mode} (initial)` : mode)).join(', ')}`;
  const rows = gated.map(({ name, activeIn = [], whileInactive }) => [
    name,
    activeIn.join(', '),
    whileInactive,
  ]);
  return [section(title, ['actor', 'active in', 'while inactive'], rows)];
}

function tickText(plan: Plan, { tick }: ActorPlan): string {
  if (tick === undefined) return '';
  const runner = plan.runners[tick.runner]?.name ?? 'every step,';
  return `${runner} ${tick.phase}${tick.priority === 0 ? '' : ` ${tick.priority}`}`;
}

function edgeRow(plan: Plan, edge: EdgePlan): readonly string[] {
  return [
    String(edge.index),
    endText(plan, edge.from, 'from'),
    endText(plan, edge.to, 'to'),
    edge.back ? `${edge.transport}, back` : edge.transport,
    edge.ring === undefined ? '' : String(edge.ring),
    String(edge.capacity),
    edge.overflow,
  ];
}

function ringRow(plan: Plan, ring: RingPlan): readonly string[] {
  return [
    String(ring.index),
    endText(plan, ring.writer, 'from'),
    workerNumber(ring.writerWorker),
    ring.kind === 'frame'
      ? `${ring.dtype} [${ring.shape.join(', ')}]`
      : `messages of up to ${bytesText(ring.bytesMax)}`,
    String(ring.capacity),
    String(ring.slots),
    ring.edges.map((edge) => endText(plan, plan.edges[edge]?.to, 'to')).join(', '),
    bytesText(ringBytes(ring)),
  ];
}

/** Bytes of what a ring carries, without its header and the meta of its slots. */
function ringBytes(ring: RingPlan): number {
  if (ring.kind === 'message') return ring.arenaBytes;
  return ring.slots * frameLength(ring.shape) * arrayConstructor(ring.dtype).BYTES_PER_ELEMENT;
}

function endText(plan: Plan, end: EdgeEnd | undefined, side: 'from' | 'to'): string {
  if (end === undefined) return '';
  if (end.kind === 'actor') return `${plan.actors[end.actor]?.name ?? ''}.${end.port}`;
  return side === 'from' ? `> ${end.name}` : `${end.name} >`;
}

function portsText({ from, to }: EdgePlan): string {
  const source = from.kind === 'actor' ? from.port : undefined;
  const target = to.kind === 'actor' ? to.port : undefined;
  return source === undefined || target === undefined || source === target
    ? (source ?? target ?? '')
    : `${source} → ${target}`;
}

function workerName({ index, io }: WorkerPlan): string {
  if (index === 0) return 'main';
  return io ? `${index} (io)` : String(index);
}

function workerNumber(worker: number): string {
  return worker === 0 ? 'main' : String(worker);
}

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return `${title}: none`;
  const all = [head, ...rows];
  const widths = head.map((_, column) =>
    all.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
  );
  const lines = all.map((row) =>
    `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd(),
  );
  return [title, ...lines].join('\n');
}

function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[unit]}`;
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** A quoted Mermaid label; characters that it would read as syntax become its entity codes. */
function label(text: string): string {
  return `"${text.replace(/[#"<>&`]/g, (character) => `#${character.charCodeAt(0)};`)}"`;
}
