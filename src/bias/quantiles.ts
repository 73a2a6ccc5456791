const maxSteps = 300;
const tiny = 1e-300;

/** Coefficients of Lanczos' approximation with g = 7: 15 digits. */
const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const z = x - 1;
  const [first, ...rest] = lanczos;
  const sum = rest.reduce<number>((total, coefficient, i) => total + coefficient / (z + i + 1), first);
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

/**
 * The regularised incomplete beta function: the chance that a beta variable lies at or below x.
 *
 * @param x 0..1
 * @param a above 0
 * @param b above 0
 * @source Lentz' continued fraction, Abramowitz and Stegun 26.5.8
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on this side only.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= maxSteps; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-14) break;
  }
  return front * fraction;
}

function away(value: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/**
 * The quantile of a beta distribution, by halving.
 *
 * @param probability 0..1
 * @returns 0..1, to a relative error of about 1e-12
 */
export function betaQuantile(probability: number, a: number, b: number): number {
  return halve(0, 1, (x) => incompleteBeta(x, a, b) < probability);
}

/**
 * The quantile of Student's t distribution.
 *
 * @param probability above 0.5, below 1
 * @param degrees above 0; Infinity gives the normal quantile
 */
export function studentQuantile(probability: number, degrees: number): number {
  // Beyond a million degrees the distribution is the normal one to six digits.
  const finite = Math.min(degrees, 1e6);
  const below = (t: number) => 1 - incompleteBeta(finite / (finite + t * t), finite / 2, 0.5) / 2;
  return halve(0, 1e4, (t) => below(t) < probability);
}

/** The place where a test that holds below it and not above turns. */
function halve(low: number, high: number, isBelow: (x: number) => boolean): number {
  let from = low;
  let to = high;
  for (let i = 0; i < 200 && to - from > 1e-13 * to; i++) {
    const middle = (from + to) / 2;
    if (isBelow(middle)) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}
