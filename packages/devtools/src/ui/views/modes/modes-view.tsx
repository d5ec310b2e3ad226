import type { ReactElement } from 'react';

export function ModesView(): ReactElement {
  return <section aria-label="Modes" />;
}
