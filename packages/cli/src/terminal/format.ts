/** Shown where there is nothing to show. */
export const none = '–';

const magnitudes = ['', 'k', 'M', 'G', 'T'];

/** Three significant digits: `0.5`, `8`, `12.3`, `345`. */
function threeDigits(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/**
 * A count or another quantity to three digits, with a decimal suffix from 10,000 on: `0.25`, `800`, `25.6k`,
 * `1.2M`.
 */
export function quantityText(quantity: number): string {
  let value = quantity;
  let at = 0;
  while (value >= (at === 0 ? 10_000 : 999.5) && at < magnitudes.length - 1) {
    value /= 1000;
    at++;
  }
  return `${threeDigits(value)}${magnitudes[at]}`;
}

/** `8/s`, `25.6k/s`. */
export function rateText(perSecond: number): string {
  return `${quantityText(perSecond)}/s`;
}

/** Nanoseconds in a unit that fits: `320ns`, `12.5µs`, `1.2ms`, `3.4s`. */
export function durationText(ns: number): string {
  const units = ['ns', 'µs', 'ms'];
  let value = ns;
  for (const unit of units) {
    if (value < 999.5) return `${threeDigits(value)}${unit}`;
    value /= 1000;
  }
  return `${threeDigits(value)}s`;
}

/** `0.0 s`, `12.5 s`, always with one decimal, so that it does not jump while it counts. */
export function secondsText(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** A share from 0 to 1 as whole percents. */
export function percentText(share: number): string {
  return `${Math.round(100 * share)}%`;
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A horizontal bar of `width` columns, filled to a share from 0 to 1 in steps of an eighth of a column. */
export function bar(share: number, width: number, rest = ' '): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const whole = '█'.repeat(Math.floor(filled / 8));
  return `${whole}${eighths[filled % 8]}`.padEnd(width, rest);
}
