import type { ReactElement } from 'react';
import { useUrl, useWish } from '../../page.tsx';
import { useFound } from './use-picture.ts';
import { SortedTable } from './sorted-table.tsx';

/** Every stage in a row, or those that are searched for. */
export function StageTable(): ReactElement {
  useWish({ statsMs: 250 });
  const [{ search }] = useUrl();
  return <SortedTable found={useFound(search)} />;
}
