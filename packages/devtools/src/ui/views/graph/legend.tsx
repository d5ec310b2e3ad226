import type { ReactElement } from 'react';

/** What fills, borders and lines mean. */
export function Legend(): ReactElement {
  return (
    <dl className="legend" aria-label="Legend">
      <div>
        <dt>
          <i className="legend-busy" />
        </dt>
        <dd>fill: busy</dd>
      </div>
      <div>
        <dt>
          <i className="legend-blocked" />
        </dt>
        <dd>hatched border: blocked</dd>
      </div>
      <div>
        <dt>
          <svg viewBox="0 0 28 16" aria-hidden="true">
            <path className="link-line" d="M0 8h6" strokeWidth="1" />
            <path className="link-line" d="M6 8h10" strokeWidth="3" />
            <path className="link-line" d="M16 8h12" strokeWidth="6" />
          </svg>
        </dt>
        <dd>width: messages per second (log)</dd>
      </div>
      <div>
        <dt className="legend-text">3 / 64</dt>
        <dd>depth / capacity</dd>
      </div>
      <div>
        <dt className="legend-drops">▾ 12</dt>
        <dd>dropped so far</dd>
      </div>
      <div>
        <dt>
          <svg viewBox="0 0 28 16" aria-hidden="true">
            <path className="link-line" d="M0 8h18" strokeWidth="2" />
            <path className="legend-hollow" d="M18 3 27 8 18 13z" />
          </svg>
        </dt>
        <dd>hollow head: same worker</dd>
      </div>
      <div>
        <dt>
          <svg viewBox="0 0 28 16" aria-hidden="true">
            <path className="link-line" d="M0 8h28" strokeWidth="2" strokeDasharray="5 4" />
          </svg>
        </dt>
        <dd>dashed: back edge</dd>
      </div>
    </dl>
  );
}
