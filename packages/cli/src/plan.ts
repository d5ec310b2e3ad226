import { compile, planJson, planMermaid, planText } from '@troupe/core';
import type { Plan } from '@troupe/core';
import { parseArguments, workersArgument } from './arguments.ts';
import { exitCode } from './exit-codes.ts';
import { UsageError } from './explain.ts';
import { allowOption, loadGraph } from './graph-module.ts';

const help = `Usage: troupe plan <graph> [options]

Prints what would run where, without starting anything: workers, actors, edges, rings, warnings.
The graph is a module that exports it, or a graph file (.toml).

Options:
  --format F       text (the default), mermaid or json
  --workers N      pooled workers for stages placed 'auto', 1 to 64
  --allow NAME     a package, or a module or folder (./x), outside of a graph file's folder that the file
                   may load stages from; loading runs their code. Can be given several times
  --help           this text

Exit codes:
  0    the graph can run
  2    wrong usage or bad input: no such file, a module or graph file that does not load, a graph
       that cannot run (one line per problem)
`;

const formats: Readonly<Record<string, (plan: Plan) => string>> = {
  text: planText,
  mermaid: planMermaid,
  json: planJson,
};

/** `troupe plan`: resolves with the exit code. */
export async function planCommand(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArguments(
    {
      args: [...argv],
      allowPositionals: true,
      options: {
        format: { type: 'string', default: 'text' },
        workers: { type: 'string' },
        allow: allowOption,
        help: { type: 'boolean', short: 'h', default: false },
      },
    },
    'troupe plan --help',
  );
  if (values.help) {
    process.stdout.write(help);
    return exitCode.ended;
  }
  const [path, ...others] = positionals;
  if (path === undefined || others.length > 0) {
    throw new UsageError('plan takes one graph', 'Give its path: `troupe plan graph.ts`.');
  }
  const print = Object.hasOwn(formats, values.format) ? formats[values.format] : undefined;
  if (print === undefined) {
    throw new UsageError(
      `there is no format '${values.format}'`,
      `Use one of: ${Object.keys(formats).join(', ')}.`,
    );
  }
  process.stdout.write(print(compile(await loadGraph(path, values.allow), workersArgument(values.workers))));
  return exitCode.ended;
}
