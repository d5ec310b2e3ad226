import { TroupeError } from '@troupe/mailbox';

/** One thing wrong with a graph file. */
export interface GraphFileProblem {
  /** From 1; `undefined` for the file as a whole. */
  readonly line: number | undefined;
  /** Such as `stage.tick.hz`; empty for the file as a whole. */
  readonly key: string;
  readonly message: string;
  readonly remedy: string;
}

/**
 * A graph file that cannot be loaded. Code `GRAPH_FILE`. `problems` has everything that is wrong, as far as
 * it could be told; the message lists it.
 */
export class GraphFileError extends TroupeError {
  readonly file: string;
  readonly problems: readonly GraphFileProblem[];

  constructor(file: string, problems: readonly GraphFileProblem[], cause?: unknown) {
    const lines = problems.map(({ line, key, message, remedy }, i) => {
      const place = line === undefined ? file : `${file}:${line}`;
      return `  ${i + 1}. ${place}: ${key === '' ? '' : `${key} `}${message}. ${remedy}`;
    });
    super([`${file} cannot be loaded: ${count(problems)}`, ...lines].join('\n'), {
      code: 'GRAPH_FILE',
      remedy: 'Fix what `problems` lists; each entry says where and how.',
      cause,
    });
    this.file = file;
    this.problems = problems;
  }
}

/** One thing that keeps a graph from being saved. */
export interface GraphSaveProblem {
  /** `undefined` for the graph as a whole. */
  readonly stage: string | undefined;
  /** What of it: `options.taps`, `tick.hz`; empty for the stage, or the graph, as a whole. */
  readonly key: string;
  readonly message: string;
  readonly remedy: string;
}

/**
 * A graph that cannot be saved; nothing has been written. Code `GRAPH_NOT_SAVED`. `problems` has everything
 * that stands in the way, the message lists it.
 */
export class GraphSaveError extends TroupeError {
  readonly problems: readonly GraphSaveProblem[];

  constructor(graph: string, problems: readonly GraphSaveProblem[], cause?: unknown) {
    const lines = problems.map(({ stage, key, message, remedy }, i) => {
      const place = [stage === undefined ? '' : `stage '${stage}'`, key].filter((part) => part !== '');
      return `  ${i + 1}. ${place.join(', ')}${place.length === 0 ? '' : ' '}${message}. ${remedy}`;
    });
    super([`graph '${graph}' cannot be saved: ${count(problems)}`, ...lines].join('\n'), {
      code: 'GRAPH_NOT_SAVED',
      remedy: 'Fix what `problems` lists; each entry says how.',
      stage: problems[0]?.stage,
      cause,
    });
    this.problems = problems;
  }
}

function count(problems: readonly unknown[]): string {
  return problems.length === 1 ? '1 problem' : `${problems.length} problems`;
}
