import type { ReactElement } from 'react';

export function DebugBar(): ReactElement {
  return <section aria-label="Pause and step" />;
}
