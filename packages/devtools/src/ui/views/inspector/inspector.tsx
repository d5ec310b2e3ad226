import type { ReactElement } from 'react';

export function Inspector(): ReactElement {
  return <section aria-label="Stage inspector" />;
}
