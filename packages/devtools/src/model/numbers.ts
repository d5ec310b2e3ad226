/** A number with at most three digits that count, and its unit of a thousand: `1.24` `k`. */
export interface Short {
  readonly text: string;
  readonly unit: string;
}

const units = ['', 'k', 'M', 'G', 'T'] as const;

/** As `950`, `1.24 k`, `12.4 k`, `3.1 M`; numbers below 10 keep a decimal, below 0.1 two. */
export function short(number: number): Short {
  if (!Number.isFinite(number)) return { text: '–', unit: '' };
  let rest = Math.abs(number);
  let unit = 0;
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= 1_000;
    unit += 1;
  }
  const digits = rest >= 99.95 || (unit === 0 && Number.isInteger(number)) ? 0 : rest >= 9.995 ? 1 : 2;
  const isPlain = unit === 0 && rest >= 10;
  const text = rest === 0 ? '0' : rest.toFixed(isPlain ? 0 : unit === 0 ? Math.min(digits, 1) : digits);
  return { text: number < 0 ? `−${text}` : text, unit: units[unit] ?? '' };
}

export function shortText(number: number): string {
  const { text, unit } = short(number);
  return unit === '' ? text : `${text} ${unit}`;
}

/** A count: exact below 10,000. */
export function countText(count: number): string {
  return count < 10_000 ? String(count) : shortText(count);
}

/** A share as a whole percentage; what is there but small says so. */
export function percentText(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.5) return '<1';
  return String(Math.round(percent));
}
