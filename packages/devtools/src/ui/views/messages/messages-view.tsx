import type { ReactElement } from 'react';

export function MessagesView(): ReactElement {
  return <section aria-label="Messages" />;
}
