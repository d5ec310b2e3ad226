import type { ReactElement } from 'react';

export function ReplayView(): ReactElement {
  return <section aria-label="Replay" />;
}
