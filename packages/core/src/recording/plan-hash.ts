import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { isRecorder } from '../plan/recorders.ts';
import type { EdgeEnd, Plan } from '../plan/types.ts';

/**
 * SHA-256 (hex) of what decides which outputs the inputs of a plan lead to: stages, modules, options, ticks,
 * ports, edges, boundary ports. Two plans of one graph with different placements, or numbers of workers,
 * have the same.
 */
export function planHash(plan: Plan): string {
  const moduleOf = relativeTo(plan.actors.map(({ module }) => module ?? ''));
  const end = (at: EdgeEnd): unknown =>
    at.kind === 'actor' ? { stage: plan.actors[at.actor]?.name, port: at.port } : { boundary: at.name };
  const boundary = (ports: Plan['inputs']): unknown =>
    ports.map(({ name, kind, dtype, shape }) => ({ name, kind, dtype, shape }));
  const essence = {
    name: plan.name,
    actors: plan.actors.map(
      ({ name, stage, module, options, tick, outlets, activeIn, control, events, latches }) => ({
        name,
        stage,
        module: moduleOf(module ?? ''),
        options,
        tick,
        activeIn,
        control,
        events: events.map(({ as, event, use }) => ({ as, event, use })),
        latches,
        outlets: outlets.map(({ port, kind, dtype, shape, maxEmit, maxBytes }) => {
          return { port, kind, dtype, shape, maxEmit, maxBytes };
        }),
      }),
    ),
    edges: plan.edges
      .filter(({ to }) => !isRecorder(to))
      .map(({ from, to, capacity, overflow, back }) => {
        return { from: end(from), to: end(to), capacity, overflow, back };
      }),
    runners: plan.runners,
    events: plan.events.map(({ name, initial }) => ({ name, initial })),
    latches: plan.latches.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    modes: plan.modes,
    inputs: boundary(plan.inputs),
    outputs: boundary(plan.outputs),
  };
  return createHash('sha256').update(canonical(essence, new Set())).digest('hex');
}

/** Paths below the folder that all of them have in common. */
function relativeTo(modules: readonly string[]): (module: string) => string {
  const [first = '', ...others] = modules.filter((module) => module !== '').map((module) => folderOf(module));
  let common = first;
  while (!others.every((folder) => folder.startsWith(common))) common = folderOf(common.slice(0, -1));
  return (module) => module.slice(common.length);
}

/** With the last slash; empty where there is none. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** Any value as a text: equal values, whatever the order of their keys, have equal texts, others do not. */
function canonical(value: unknown, within: Set<unknown>): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'bigint') return `${value}n`;
  // A stage on main may have options that are code: which code, nobody can tell.
  if (typeof value === 'function' || typeof value === 'symbol') return `${typeof value}()`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (within.has(value)) return 'cycle()';
  within.add(value);
  const text = canonicalObject(value, within);
  within.delete(value);
  return text;
}

function canonicalObject(value: object, within: Set<unknown>): string {
  const items = (list: Iterable<unknown>): string =>
    Array.from(list, (item) => canonical(item, within)).join(',');
  if (Array.isArray(value)) return `[${items(value)}]`;
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (ArrayBuffer.isView(value)) return `${kind}(${bytesOf(value)})`;
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return `${kind}(${bytesOf(new Uint8Array(value))})`;
  }
  if (value instanceof Map || value instanceof Set) return `${kind}(${items(value)})`;
  if (value instanceof Date) return `${kind}(${value.getTime()})`;
  if (value instanceof RegExp) return `${kind}(${JSON.stringify(String(value))})`;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  const fields = entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item, within)}`);
  return `${kind === 'Object' ? '' : kind}{${fields.join(',')}}`;
}

/** Shared memory is a place, not a value: what it holds now, the run itself may have written. */
function bytesOf(view: ArrayBufferView): string {
  if (view.buffer instanceof SharedArrayBuffer) return `shared ${view.byteLength}`;
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('base64');
}
