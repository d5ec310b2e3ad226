import type { ReactElement } from 'react';

export function GraphView(): ReactElement {
  return <section aria-label="Graph" />;
}
