import type { Sections } from './biquad.ts';
import type { FilterBand } from './filter-band.ts';
import { checkFilterBand } from './filter-band.ts';

interface Complex {
  readonly re: number;
  readonly im: number;
}

/** Zeros, poles and gain of a real filter; of each conjugate pair both members are present. */
interface Zpk {
  readonly zeros: readonly Complex[];
  readonly poles: readonly Complex[];
  readonly gain: number;
}

const complex = (re: number, im: number = 0): Complex => ({ re, im });
const add = (a: Complex, b: Complex): Complex => complex(a.re + b.re, a.im + b.im);
const subtract = (a: Complex, b: Complex): Complex => complex(a.re - b.re, a.im - b.im);
const scale = (a: Complex, factor: number): Complex => complex(a.re * factor, a.im * factor);
const multiply = (a: Complex, b: Complex): Complex =>
  complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);
const divide = (a: Complex, b: Complex): Complex =>
  scale(multiply(a, complex(b.re, -b.im)), 1 / (b.re * b.re + b.im * b.im));
const magnitude = (a: Complex): number => Math.hypot(a.re, a.im);
const product = (factors: readonly Complex[]): Complex => factors.reduce(multiply, complex(1));

/** The principal square root, with the imaginary part's sign of `a` kept. */
function squareRoot(a: Complex): Complex {
  const r = magnitude(a);
  const im = Math.sqrt((r - a.re) / 2);
  return complex(Math.sqrt((r + a.re) / 2), a.im < 0 ? -im : im);
}

/** Poles of the analogue low-pass prototype at 1 rad/s; the real pole of an odd order is exactly −1. */
function prototypePoles(order: number): Complex[] {
  return Array.from({ length: order }, (_, k) => {
    const angle = (Math.PI * (2 * k + 1 - order)) / (2 * order);
    return complex(-Math.cos(angle), 2 * k + 1 === order ? 0 : -Math.sin(angle));
  });
}

/** Both poles that the low-pass to band transform makes of one: x ± √(x² − w0²). */
function splitAround(x: Complex, centre: number): Complex[] {
  const root = squareRoot(subtract(multiply(x, x), complex(centre * centre)));
  return [add(x, root), subtract(x, root)];
}

function analogueFilter(order: number, band: FilterBand, warp: (hz: number) => number): Zpk {
  const prototype = prototypePoles(order);
  if (band.type === 'lowpass') {
    const w = warp(band.cutoffHz);
    return { zeros: [], poles: prototype.map((p) => scale(p, w)), gain: w ** order };
  }
  if (band.type === 'highpass') {
    const w = warp(band.cutoffHz);
    const zeros = prototype.map(() => complex(0));
    return { zeros, poles: prototype.map((p) => divide(complex(w), p)), gain: 1 };
  }
  const low = warp(band.lowHz);
  const high = warp(band.highHz);
  const width = high - low;
  const centre = Math.sqrt(low * high);
  if (band.type === 'bandpass') {
    const poles = prototype.flatMap((p) => splitAround(scale(p, width / 2), centre));
    return { zeros: prototype.map(() => complex(0)), poles, gain: width ** order };
  }
  const poles = prototype.flatMap((p) => splitAround(divide(complex(width / 2), p), centre));
  const zeros = prototype.flatMap(() => [complex(0, centre), complex(0, -centre)]);
  return { zeros, poles, gain: 1 };
}

/** z = (2·fs + s) / (2·fs − s); zeros at infinity land on z = −1. */
function bilinear(filter: Zpk, rateHz: number): Zpk {
  const fs2 = complex(2 * rateHz);
  const map = (s: Complex): Complex => divide(add(fs2, s), subtract(fs2, s));
  const zeros = filter.zeros.map(map);
  while (zeros.length < filter.poles.length) zeros.push(complex(-1));
  const numerator = product(filter.zeros.map((s) => subtract(fs2, s)));
  const denominator = product(filter.poles.map((s) => subtract(fs2, s)));
  return { zeros, poles: filter.poles.map(map), gain: filter.gain * divide(numerator, denominator).re };
}

/** `[1, c1, c2]` of the polynomial whose roots are a conjugate pair, two reals, one real or none. */
function coefficients(roots: readonly Complex[]): [number, number] {
  const [first, second] = roots;
  if (first === undefined) return [0, 0];
  if (second === undefined) return [-first.re, 0];
  return [-(first.re + second.re), first.re * second.re - first.im * second.im];
}

/**
 * Groups the poles into conjugate pairs, real ones two by two, and an odd real one alone; the pair nearest
 * the unit circle comes last, so that what rings longest is fed an already filtered signal.
 */
function pairPoles(poles: readonly Complex[]): Complex[][] {
  const isReal = (p: Complex): boolean => Math.abs(p.im) < 1e-12 * Math.max(1, magnitude(p));
  const reals = poles.filter(isReal).sort((a, b) => a.re - b.re);
  const pairs = poles.filter((p) => !isReal(p) && p.im > 0).map((p) => [p, complex(p.re, -p.im)]);
  for (let i = 0; i < reals.length; i += 2) pairs.push(reals.slice(i, i + 2));
  const radius = (pair: readonly Complex[]): number => Math.max(...pair.map(magnitude));
  return pairs.sort((a, b) => a.length - b.length || radius(a) - radius(b));
}

/** The zeros of one section: a Butterworth filter has the same ones in each. */
function sectionZeros(type: FilterBand['type'], zeros: readonly Complex[], count: number): Complex[] {
  if (type === 'bandpass') return [complex(1), complex(-1)];
  return zeros.slice(0, count);
}

/**
 * Designs a digital Butterworth filter as second-order sections; half power (−3.01 dB) at each cut-off.
 *
 * The analogue prototype is transformed to the band, its frequencies pre-warped (2·fs·tan(π·f/fs)), and
 * mapped by the bilinear transform; a band-pass or band-stop filter has `2·order` poles, as in SciPy's
 * `butter(order, …, output='sos')`. The sections differ from SciPy's in pairing only: each band-pass section
 * gets one zero at DC and one at Nyquist, which keeps every section's gain moderate. The whole gain sits in
 * the first section.
 *
 * Source: Oppenheim & Schafer, Discrete-Time Signal Processing, 3rd ed., §7.2 and appendix B.
 *
 * @param order Order of the prototype, 1 to 24.
 * @param band Band and cut-off frequencies in Hz, each in (0, rateHz / 2), lowHz < highHz.
 * @param rateHz Sample rate in Hz.
 * @throws RangeError for an order, rate or cut-off out of range.
 */
export function designButterworth(order: number, band: FilterBand, rateHz: number): Sections {
  if (!Number.isInteger(order) || order < 1 || order > 24) {
    throw new RangeError(`Butterworth order ${order}: must be a whole number from 1 to 24`);
  }
  checkFilterBand(band, rateHz);
  const warp = (hz: number): number => 2 * rateHz * Math.tan((Math.PI * hz) / rateHz);
  const digital = bilinear(analogueFilter(order, band, warp), rateHz);
  return pairPoles(digital.poles).map((poles, index) => {
    const [a1, a2] = coefficients(poles);
    const [b1, b2] = coefficients(sectionZeros(band.type, digital.zeros, poles.length));
    const gain = index === 0 ? digital.gain : 1;
    return [gain, gain * b1, gain * b2, a1, a2];
  });
}
