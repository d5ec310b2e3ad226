import type { ReactElement } from 'react';

export function TimelineView(): ReactElement {
  return <section aria-label="Timeline" />;
}
