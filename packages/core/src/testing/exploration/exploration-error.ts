import { TroupeError } from '@troupe/mailbox';
import type { ExplorationReport, Finding } from './report.ts';
import { findingText } from './report.ts';

/**
 * An exploration has found a simulation that goes wrong. The code is that of what has gone wrong:
 * `NOT_CONSERVED` and the like for an invariant, the error's own for a run that has failed, `CHECK_FAILED` for
 * the check of the exploration. The message has what is left of the case, its sequence diagram, and how to
 * replay it; the cause is the error of that case.
 */
export class ExplorationError extends TroupeError {
  readonly report: ExplorationReport;
  readonly finding: Finding;

  constructor(report: ExplorationReport, finding: Finding) {
    const { code, error, again } = finding;
    const { stage, port } = error as { readonly stage?: string; readonly port?: string };
    super(findingText(finding), {
      code,
      stage,
      port,
      remedy: `Replay it with \`again: '${again}'\`.`,
      cause: error,
    });
    this.report = report;
    this.finding = finding;
  }
}
