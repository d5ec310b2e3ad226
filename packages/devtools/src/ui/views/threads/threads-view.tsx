import type { ReactElement } from 'react';

export function ThreadsView(): ReactElement {
  return <section aria-label="Threads" />;
}
