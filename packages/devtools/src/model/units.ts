/** Numbers as people read them. A number and its unit apart, so that the unit can be drawn lighter. */
export interface Quantity {
  readonly number: string;
  readonly unit: string;
}

/** A duration of nanoseconds with three digits: `850 ns`, `12.3 µs`, `4.56 ms`, `7.89 s`, `2 min 3 s`. */
export function durationOf(ns: number): Quantity {
  const size = Math.abs(ns);
  if (!Number.isFinite(ns)) return { number: '–', unit: '' };
  if (size < 999.5) return { number: digits(ns), unit: 'ns' };
  if (size < 999.5e3) return { number: digits(ns / 1e3), unit: 'µs' };
  if (size < 999.5e6) return { number: digits(ns / 1e6), unit: 'ms' };
  if (size < 120e9) return { number: digits(ns / 1e9), unit: 's' };
  const seconds = Math.round(ns / 1e9);
  return { number: `${Math.floor(seconds / 60)} min ${seconds % 60}`, unit: 's' };
}

export function duration(ns: number): string {
  return textOf(durationOf(ns));
}

export function milliseconds(ms: number): string {
  return duration(ms * 1e6);
}

/** Bytes with three digits, by 1024. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let size = count;
  let at = 0;
  while (size >= 999.5 && at < units.length - 1) {
    size /= 1_024;
    at += 1;
  }
  return `${digits(size)} ${units[at]}`;
}

/** A count with its thousands apart. */
export function count(number: number): string {
  return Math.round(number)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** A time of the run as `m:ss.mmm`; hours before it where there are some. */
export function clockTime(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  const pad = (number: number, length: number): string => String(number).padStart(length, '0');
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor(whole / 60_000) % 60;
  const rest = `${pad(Math.floor(whole / 1_000) % 60, 2)}.${pad(whole % 1_000, 3)}`;
  return hours > 0 ? `${hours}:${pad(minutes, 2)}:${rest}` : `${minutes}:${rest}`;
}

/** A share of 0 to 1 as per cent. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Three significant digits, no exponent for what a person meets. */
export function digits(number: number): string {
  const size = Math.abs(number);
  if (size >= 99.95 || Number.isInteger(number)) return Math.round(number).toString();
  return number.toFixed(size >= 9.995 ? 1 : 2);
}

function textOf({ number, unit }: Quantity): string {
  return unit === '' ? number : `${number} ${unit}`;
}
