import { PlanError } from '../../errors.ts';
import { parseOptions } from '../../plan/options.ts';
import { resolvePorts } from '../../plan/ports.ts';
import { Problems } from '../../plan/problems.ts';
import type { Port } from '../../ports.ts';
import type { AnyStage } from '../../stage.ts';
import { TestingError } from '../errors.ts';
import type { AnyGiven } from './given.ts';

/** Options for one play: as they are given, and as the schema gives them. */
export interface PlayOptions {
  readonly raw: unknown;
  readonly value: unknown;
}

/** Handlers that a stage may have. */
const handlerNames = ['onInput', 'onTick', 'onDemand', 'onPost', 'onStart', 'onMode', 'onStop'] as const;
export type HandlerName = (typeof handlerNames)[number];
export const allHandlers: readonly HandlerName[] = handlerNames;

/** A stage with what its contract is to be tried with. */
export class Specimen {
  readonly stage: AnyStage;
  readonly given: AnyGiven;
  readonly inputs: ReadonlyMap<string, Port>;
  readonly outputs: ReadonlyMap<string, Port>;
  /** The most emissions of one call, by output. */
  readonly limits: ReadonlyMap<string, number>;
  /** The mode in which it is tried. */
  readonly mode: string;

  /** Throws `PlanError`, `TestingError`. */
  constructor(stage: AnyStage, given: AnyGiven) {
    this.stage = stage;
    this.given = given;
    const { value } = this.options();
    const problems = new Problems();
    const side = (which: 'inputs' | 'outputs'): ReadonlyMap<string, Port> =>
      (resolvePorts(problems, stage.name, which, stage[which], value) ?? new Map()) as ReadonlyMap<
        string,
        Port
      >;
    this.inputs = side('inputs');
    this.outputs = side('outputs');
    if (problems.errors.length > 0) throw new PlanError(stage.name, problems.errors);
    const limit = (name: string, { maxEmit }: Port): number => given.maxEmit?.[name] ?? maxEmit;
    this.limits = new Map([...this.outputs].map(([name, port]) => [name, limit(name, port)]));
    this.mode = stage.activeIn?.[0] ?? 'idle';
  }

  /** The modes in which it may be called. */
  isActiveIn(mode: string): boolean {
    return this.stage.activeIn?.includes(mode) ?? true;
  }

  /** Options for one play. Throws `TestingError` where the schema refuses them. */
  options(): PlayOptions {
    const { options } = this.given;
    const raw: unknown = typeof options === 'function' ? (options as () => unknown)() : options;
    const parsed = parseOptions(this.stage.options, raw);
    if (parsed.status === 'ok') return { raw: parsed.raw, value: parsed.value };
    const issues = parsed.status === 'invalid' ? parsed.issues.map(issueText).join('; ') : parsed.status;
    throw new TestingError(
      'BAD_CONTRACT',
      `stage '${this.stage.name}' refuses the options that its contract is to be tried with: ${issues}`,
      'Give good `options`; bad ones are for `badOptions`.',
    );
  }
}

function issueText({ path, message }: { readonly path: string; readonly message: string }): string {
  return path === '' ? message : `${path}: ${message}`;
}
