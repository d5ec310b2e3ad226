import type { ReactElement } from 'react';

export function LogView(): ReactElement {
  return <section aria-label="Log" />;
}
