import type { ReactElement } from 'react';

export function StageTable(): ReactElement {
  return <section aria-label="Stages" />;
}
