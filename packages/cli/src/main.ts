import { readFileSync } from 'node:fs';
import { runAsProcess } from './command.ts';
import { exitCode } from './exit-codes.ts';
import { UsageError } from './explain.ts';
import { isNodeNewEnough, nodeMajorMin } from './node-version.ts';

const help = `Usage: troupe <command> [options]

Commands:
  run <graph>     start the graph that a module exports, or of a graph file, and watch it
  replay <recording> [<graph>]
                  do again what a recording holds, and compare
  trace <graph> --out FILE
                  run a graph and write a trace of its threads for ui.perfetto.dev
  plan <graph>    print what would run where
  doctor          say what this machine offers

Options:
  --help          this text; after a command, that command's options
  --version       the version

Exit codes:
  0    the stream ended, or the run was stopped
  1    the run failed, a replay differed, or doctor found something missing
  2    wrong usage or bad input: no such file, a module or graph file that does not load, a graph
       that cannot run, a corrupt file, no recording or one of another graph
  130  a second Ctrl-C (143: a second SIGTERM)
`;

/** Loaded when asked for: `doctor` must work where the rest cannot. */
const commands: Readonly<Record<string, (argv: readonly string[]) => Promise<number>>> = {
  run: async (argv) => (await import('./run.ts')).runCommand(argv),
  replay: async (argv) => (await import('./replay.ts')).replayCommand(argv),
  trace: async (argv) => (await import('./trace.ts')).traceCommand(argv),
  plan: async (argv) => (await import('./plan.ts')).planCommand(argv),
  doctor: async (argv) => (await import('./doctor.ts')).doctorCommand(argv),
};

async function main([name, ...argv]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(help);
    return name === undefined ? exitCode.badInput : exitCode.ended;
  }
  if (name === '--version') {
    process.stdout.write(`${version()}\n`);
    return exitCode.ended;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command !== undefined && (name === 'doctor' || isNodeNewEnough(process.versions.node)))
    return command(argv);
  if (command !== undefined) {
    throw new UsageError(`this is Node ${process.versions.node}`, `Install Node ${nodeMajorMin} or newer.`);
  }
  throw new UsageError(`there is no command '${name}'`, '`troupe --help` lists the commands.');
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

await runAsProcess(() => main(process.argv.slice(2)));
