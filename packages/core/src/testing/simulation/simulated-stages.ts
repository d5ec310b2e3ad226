import type { GraphDeclaration } from '../../plan/types.ts';
import type { PortMap } from '../../ports.ts';
import type { AnyStage, Handlers, Input, Out, StageContext, Tick } from '../../stage.ts';

/** The calls that a simulation looks at. */
export type CallKind = 'onInput' | 'onTick' | 'onDemand' | 'onPost';

/** What stands around every call of a handler of one actor. */
export interface CallGuard {
  /** Before the call. What it throws is thrown in its place; a promise is awaited before it. */
  enter(kind: CallKind, input: Input<PortMap> | undefined): Promise<void> | undefined;
  /** After it has returned, or settled. What it throws is thrown in its place. */
  leave(isAsync: boolean): void;
  /** After it has thrown, or rejected. */
  fail(): void;
  /** Whether the thread that it has been called on is not there any more. */
  readonly isOver: boolean;
  /** Throws where the thread has ended meanwhile; before every other handler. */
  check(): void;
}

/**
 * The same graph with stages that are called through guards. They need no module, as no thread has to import
 * them; those without one may be placed on workers.
 */
export function guarded(
  declaration: GraphDeclaration,
  guardOf: (context: StageContext) => CallGuard,
): GraphDeclaration {
  const stages = new Map<AnyStage, AnyStage>();
  const wrapped = (stage: AnyStage, options: unknown): AnyStage => {
    const known = stages.get(stage);
    if (known !== undefined) return known;
    const module = stage.module ?? (canCross(options) ? `node:simulated-${stages.size}` : undefined);
    const create = (context: StageContext): Handlers =>
      guardedHandlers(stage.create(context), guardOf(context));
    const made = { ...stage, create, ...(module === undefined ? {} : { module }) } as AnyStage;
    stages.set(stage, made);
    return made;
  };
  return {
    ...declaration,
    stages: declaration.stages.map((entry) => ({
      ...entry,
      stage: wrapped(entry.stage, entry.settings.options),
    })),
  };
}

/** Whether options could be sent to a thread. */
function canCross(options: unknown): boolean {
  try {
    structuredClone(options);
    return true;
  } catch {
    return false;
  }
}

function guardedHandlers(inner: Handlers, guard: CallGuard): Handlers {
  if (typeof inner !== 'object' || inner === null) return inner;
  const around = (kind: CallKind, input: Input<PortMap> | undefined, call: () => unknown): unknown => {
    const delay = guard.enter(kind, input);
    if (delay !== undefined) return delayed(guard, delay, call);
    let result: unknown;
    try {
      result = call();
    } catch (error) {
      guard.fail();
      throw error;
    }
    if (result instanceof Promise) return settled(guard, result);
    guard.leave(false);
    return result;
  };
  const handlers: Handlers = {};
  if (inner.onInput !== undefined)
    handlers.onInput = (input: Input<PortMap>, out: Out) =>
      around('onInput', input, () => inner.onInput?.(input, out)) as void;
  if (inner.onTick !== undefined)
    handlers.onTick = (tick: Tick, out: Out) =>
      around('onTick', undefined, () => inner.onTick?.(tick, out)) as void;
  if (inner.onDemand !== undefined)
    handlers.onDemand = (out: Out) => around('onDemand', undefined, () => inner.onDemand?.(out)) as void;
  if (inner.onPost !== undefined)
    handlers.onPost = (value: unknown, out: Out) =>
      around('onPost', undefined, () => inner.onPost?.(value, out)) as void;
  return { ...handlers, ...unguarded(inner, guard) };
}

/** Handlers without messages: only the end of their thread concerns them. */
function unguarded(inner: Handlers, guard: CallGuard): Handlers {
  const checked = <Args extends unknown[], R>(call: (...args: Args) => R): ((...args: Args) => R) => {
    return (...args) => {
      guard.check();
      const result = call(...args);
      return result instanceof Promise ? (whileThere(guard, result) as R) : result;
    };
  };
  return {
    ...(inner.onStart && { onStart: checked(() => inner.onStart?.()) }),
    ...(inner.onMode && { onMode: checked((mode: string) => inner.onMode?.(mode)) }),
    ...(inner.onStop && { onStop: checked(() => inner.onStop?.()) }),
    ...(inner.snapshot && { snapshot: checked(() => inner.snapshot?.()) }),
    ...(inner.restore && { restore: checked((state: unknown) => inner.restore?.(state)) }),
    ...(inner.progress && { progress: () => inner.progress?.() ?? { done: 0, total: undefined } }),
  };
}

/** A promise that never settles once its thread is gone. */
function whileThere<T>(guard: CallGuard, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    promise.then(
      (value) => guard.isOver || resolve(value),
      (error: Error) => guard.isOver || reject(error),
    );
  });
}

function delayed(guard: CallGuard, delay: Promise<void>, call: () => unknown): Promise<unknown> {
  return whileThere(
    guard,
    delay.then(() => (guard.isOver ? undefined : inFull(guard, call))),
  );
}

function settled(guard: CallGuard, result: Promise<unknown>): Promise<unknown> {
  return whileThere(
    guard,
    inFull(guard, () => result),
  );
}

async function inFull(guard: CallGuard, call: () => unknown): Promise<unknown> {
  let result: unknown;
  try {
    result = await call();
  } catch (error) {
    if (!guard.isOver) guard.fail();
    throw error;
  }
  if (!guard.isOver) guard.leave(true);
  return result;
}
