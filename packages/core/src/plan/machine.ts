import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { list, show } from './problems.ts';
import type { Problems } from './problems.ts';
import type { ModesPlan } from './types.ts';

/** What a plan knows of a mode machine. */
export interface ModeGraph extends ModesPlan {
  /** The modes that each mode can be followed by, sooner or later, itself included. */
  readonly reach: ReadonlyMap<string, ReadonlySet<string>>;
}

const defaultNames = ['idle', 'recording', 'training', 'predicting'];

/** The modes of `modeMachine`, as known without loading it: it leads from everywhere to everywhere. */
export const defaultModes: ModeGraph = {
  initial: 'idle',
  names: defaultNames,
  reach: new Map(defaultNames.map((mode) => [mode, new Set(defaultNames)])),
};

/**
 * Checks a machine that was given, without loading xstate; reports every problem. `undefined` where it cannot
 * be read.
 */
export function readMachine(problems: Problems, machine: AnyStateMachine): ModeGraph | undefined {
  const remedy = 'Give what xstate’s `createMachine` returns, with a state at the top for each mode.';
  const root: AnyStateNode | undefined = (machine as AnyStateMachine | undefined)?.root;
  if (typeof root?.transitions?.values !== 'function') {
    problems.error('BAD_MACHINE', {}, `modes.machine is ${show(machine)}`, remedy);
    return undefined;
  }
  const initial = root.initial?.target?.[0]?.path[0];
  if (root.type !== 'compound' || initial === undefined) {
    const message = `the mode machine '${machine.id}' is ${root.type}, or has no initial state`;
    problems.error('BAD_MACHINE', {}, message, remedy);
    return undefined;
  }
  const names = Object.keys(root.states);
  checkPurity(problems, root);
  const reach = reachOf(root, names);
  const lost = names.filter((mode) => reach.get(initial)?.has(mode) !== true);
  for (const mode of lost) {
    const message = `mode '${mode}' cannot be reached from '${initial}'`;
    const way = `Lead to it by 'request.${mode}', 'end' or 'fail' (nothing else is sent), or remove it.`;
    problems.error('UNREACHABLE_MODE', {}, message, way);
  }
  return { initial, names, reach };
}

/** The machine only decides: nothing would carry out what else it might say. */
function checkPurity(problems: Problems, root: AnyStateNode): void {
  for (const node of subtree(root)) {
    const found: string[] = [];
    if (node.invoke.length > 0) found.push('invoke');
    if (node.after.length > 0) found.push('after');
    const steps = [...node.transitions.values(), node.always ?? []].flat();
    const actions = [node.entry, node.exit, ...steps.map((step) => step.actions)].flat();
    // `after` is made of a raise and a cancel; it has been named.
    const impure = actions.filter((action) => !isAssign(node, action) && !isDelay(action));
    if (impure.length > 0) found.push(`actions (${impure.map(nameOf).join(', ')})`);
    if (found.length === 0) continue;
    const message = `state '${node.id}' of the mode machine has ${found.join(' and ')}`;
    const remedy = 'Let the machine only decide: use guards and `assign`, and do the rest in stages.';
    problems.error('BAD_MACHINE', {}, message, remedy);
  }
}

function isAssign({ machine }: AnyStateNode, action: unknown): boolean {
  const { actions = {} } = machine.implementations as { actions?: Readonly<Record<string, unknown>> };
  const resolved = typeof action === 'function' ? action : actions[nameOf(action)];
  return (resolved as { readonly type?: unknown } | undefined)?.type === 'xstate.assign';
}

function isDelay(action: unknown): boolean {
  const { type, delay } = action as { readonly type?: unknown; readonly delay?: unknown };
  return type === 'xstate.cancel' || (type === 'xstate.raise' && delay !== undefined);
}

function nameOf(action: unknown): string {
  if (typeof action === 'string') return action;
  const { type, name } = action as { readonly type?: string; readonly name?: string };
  return type ?? (name === undefined || name === '' ? 'an inline function' : name);
}

function subtree(node: AnyStateNode): readonly AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap((child) => subtree(child as AnyStateNode))];
}

function reachOf(root: AnyStateNode, names: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const always = stepsFrom([root], names);
  const next = new Map(
    names.map((mode) => [mode, [...always, ...stepsFrom(subtree(root.states[mode] as AnyStateNode), names)]]),
  );
  return new Map(
    names.map((mode) => {
      const reached = new Set([mode]);
      // A set that grows while it is iterated is iterated to its end.
      for (const at of reached) for (const target of next.get(at) ?? []) reached.add(target);
      return [mode, reached];
    }),
  );
}

/** The modes that transitions of these states lead to, guards aside, for events that are sent. */
function stepsFrom(nodes: readonly AnyStateNode[], names: readonly string[]): string[] {
  const sent = [...names.map((mode) => `request.${mode}`), 'end', 'fail'];
  return nodes.flatMap((node) => {
    const byEvent = [...node.transitions].flatMap(([event, steps]) =>
      isSent(event, sent) ? steps.flatMap((step) => step.target ?? []) : [],
    );
    const byItself = (node.always ?? []).flatMap((step) => step.target ?? []);
    return [...byEvent, ...byItself].flatMap(({ path }) => (path[0] === undefined ? [] : [path[0]]));
  });
}

function isSent(descriptor: string, sent: readonly string[]): boolean {
  // What the machine raises by itself.
  if (descriptor === '*' || descriptor.startsWith('xstate.')) return true;
  const prefix = descriptor.endsWith('.*') ? descriptor.slice(0, -1) : undefined;
  return sent.some((event) => event === descriptor || (prefix !== undefined && event.startsWith(prefix)));
}

/** The modes of a machine for messages. */
export function modesText({ names }: ModesPlan): string {
  return list(names);
}
