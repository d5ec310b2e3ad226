import type { ReactElement } from 'react';
import { durationOf } from '../../model/units.ts';

/** A duration, its unit lighter than its number. */
export function Duration({ ns }: { readonly ns: number }): ReactElement {
  const { number, unit } = durationOf(ns);
  return <Quantity number={number} unit={unit} />;
}

export function Quantity({ number, unit }: { readonly number: string; readonly unit: string }): ReactElement {
  return (
    <span className="quantity">
      {number}
      {unit === '' ? undefined : <span className="unit"> {unit}</span>}
    </span>
  );
}
