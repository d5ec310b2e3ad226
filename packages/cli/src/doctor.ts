import { parseArguments } from './arguments.ts';
import { exitCode } from './exit-codes.ts';
import { UsageError } from './explain.ts';
import { examineMachine } from './machine.ts';
import type { MachineFacts } from './machine.ts';
import { isNodeNewEnough, nodeMajorMin } from './node-version.ts';

const help = `Usage: troupe doctor [--json]

Says what this machine offers: Node, cores, shared memory, the clock, worker threads, the page of
the devtools, a browser.

Exit codes:
  0    everything that is needed is here (hints may follow)
  1    something that is needed is missing
  2    wrong usage
`;

/** What was found about one thing. A hint is no failure. */
export interface Finding {
  readonly name: string;
  readonly verdict: 'ok' | 'hint' | 'failed';
  readonly value: string;
  /** What to do; nothing where all is well. */
  readonly remedy?: string;
}

/** `troupe doctor`: resolves with the exit code. */
export async function doctorCommand(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArguments(
    {
      args: [...argv],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    },
    'troupe doctor --help',
  );
  if (values.help) {
    process.stdout.write(help);
    return exitCode.ended;
  }
  if (positionals.length > 0) throw new UsageError('doctor takes no path', 'Leave it out: `troupe doctor`.');
  const facts = await examineMachine();
  const findings = diagnose(facts);
  const isFit = findings.every(({ verdict }) => verdict !== 'failed');
  const text = values.json ? JSON.stringify({ isFit, facts, findings }) : findingLines(findings).join('\n');
  process.stdout.write(`${text}\n`);
  return isFit ? exitCode.ended : exitCode.failed;
}

/** Judges the facts of a machine. */
export function diagnose(facts: MachineFacts): readonly Finding[] {
  const { nodeVersion, cores, workerStartMs, page, browser } = facts;
  const memory = [
    facts.hasSharedMemory ? '' : 'SharedArrayBuffer',
    facts.hasWaitAsync ? '' : 'Atomics.waitAsync',
  ];
  const missing = memory.filter((name) => name !== '');
  return [
    isNodeNewEnough(nodeVersion)
      ? ok('Node', nodeVersion)
      : failed('Node', nodeVersion, `Install Node ${nodeMajorMin} or newer.`),
    cores > 1
      ? ok('cores', String(cores))
      : hint('cores', String(cores), 'Stages on several workers will share one core.'),
    missing.length === 0
      ? ok('shared memory', 'SharedArrayBuffer, Atomics.waitAsync')
      : failed('shared memory', `no ${missing.join(', no ')}`, 'Run Node without flags that take it away.'),
    ok('clock', `steps of ${facts.clockStepNs} ns, ${facts.clockCallNs} ns per call`),
    workerStartMs === undefined
      ? failed('worker threads', 'none started', 'Look at limits on threads and memory (ulimit, container).')
      : ok('worker threads', `start in ${workerStartMs.toFixed(1)} ms`),
    pageFinding(page),
    browser === undefined
      ? hint('browser', 'none found', 'Only the page needs one: Chromium, Chrome, Edge, Firefox.')
      : ok('browser', browser),
  ];
}

/** Only `--devtools` needs the page, and a source checkout builds it when it is asked for. */
function pageFinding(page: MachineFacts['page']): Finding {
  if (page === 'built') return ok('page', page);
  const remedy =
    page === 'unknown'
      ? 'Install @troupe/devtools again.'
      : '`npm run build` builds it, and so does its first use.';
  return hint('page', page, remedy);
}

/** The findings as aligned lines. */
export function findingLines(findings: readonly Finding[]): readonly string[] {
  const marks = { ok: 'ok    ', hint: 'hint  ', failed: 'FAILED' };
  const width = Math.max(...findings.map(({ name }) => name.length));
  return findings.map(({ name, verdict, value, remedy }) => {
    return `${marks[verdict]}  ${name.padEnd(width)}  ${value}${remedy === undefined ? '' : `. ${remedy}`}`;
  });
}

function ok(name: string, value: string): Finding {
  return { name, verdict: 'ok', value };
}

function hint(name: string, value: string, remedy: string): Finding {
  return { name, verdict: 'hint', value, remedy };
}

function failed(name: string, value: string, remedy: string): Finding {
  return { name, verdict: 'failed', value, remedy };
}
