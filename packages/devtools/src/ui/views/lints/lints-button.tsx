import type { ReactElement } from 'react';
import type { Lint } from '../../../model/lints.ts';
import { edgeName } from '../../../model/topology.ts';
import { clockTime } from '../../../model/units.ts';
import { Icon } from '../../icons.tsx';
import { useModel, useUrl } from '../../page.tsx';
import { Popover } from '../../parts/popover.tsx';
import './lints.css';

/** How many things are probably not meant, and what they are. */
export function LintsButton(): ReactElement {
  const lints = useModel((model) => model.lints.raised);
  const warnings = useModel(({ graph }) => graph?.warnings ?? none);
  const count = lints.length + warnings.length;
  const label = count === 0 ? 'No findings' : count === 1 ? '1 finding' : `${count} findings`;
  return (
    <Popover
      label={
        <>
          {lints.length > 0 ? <Icon name="failing" /> : undefined} {label}
        </>
      }
      title="Findings"
      className={lints.length > 0 ? 'has-lints' : ''}
    >
      <h3>Findings</h3>
      {count === 0 ? (
        <p className="empty">
          Nothing stands out: ticks keep their rates, no mailbox drops or stays full, no stage is silent or
          failing.
        </p>
      ) : undefined}
      <ul className="lints">
        {lints.map((lint) => (
          <LintLine key={lint.key} lint={lint} />
        ))}
        {warnings.map((warning) => (
          <li key={warning}>
            <p>{warning}</p>
            <p className="quiet">Said when the graph was planned.</p>
          </li>
        ))}
      </ul>
    </Popover>
  );
}

const none: readonly string[] = [];

function LintLine({ lint }: { readonly lint: Lint }): ReactElement {
  const graph = useModel((model) => model.graph);
  const [, go] = useUrl();
  const { what, remedy, sinceMs, stage, edge } = lint;
  const show = (): void => {
    if (graph === undefined) return;
    if (stage !== undefined) go({ view: 'graph', stage: graph.stages[stage]?.name });
    const wire = edge === undefined ? undefined : graph.edges[edge];
    if (wire !== undefined) go({ view: 'graph', edge: edgeName(graph, wire) });
  };
  return (
    <li>
      <p>{what}</p>
      <p className="lint-remedy">{remedy}</p>
      <p className="lint-foot">
        <span className="quiet">Since {clockTime(sinceMs)}</span>
        <button type="button" onClick={show}>
          {stage === undefined ? 'Show the edge' : 'Show the stage'}
        </button>
      </p>
    </li>
  );
}
