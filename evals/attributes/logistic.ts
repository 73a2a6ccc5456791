/** A fitted logistic regression: log-odds = weights . (x - mean) * featureScale + bias. */
export interface LogisticModel {
  readonly mean: Float32Array;
  readonly featureScale: number;
  readonly weights: Float64Array;
  readonly bias: number;
}

/** Rows of features with what is true of each. */
export interface LabelledRows {
  /** Feature vectors of one length. */
  readonly features: readonly Float32Array[];
  /** 1 or 0 for each row. */
  readonly labels: readonly number[];
}

/** How features are centred and scaled before they are fitted. */
export interface Scaling {
  readonly mean: Float32Array;
  readonly featureScale: number;
}

const MEMORY = 10;
const MAX_ITERATIONS = 300;
/** The gradient's length at which the fit ends. */
const TOLERANCE = 1e-6;

/** The scaling that brings features to mean zero and a mean squared length of one. */
export function scalingOf(features: readonly Float32Array[]): Scaling {
  const length = features[0]?.length ?? 0;
  const sums = new Float64Array(length);
  for (const x of features) for (let k = 0; k < length; k++) sums[k] = num(sums, k) + num(x, k);
  const mean = Float32Array.from(sums, (sum) => sum / features.length);
  let squares = 0;
  for (const x of features) for (let k = 0; k < length; k++) squares += (num(x, k) - num(mean, k)) ** 2;
  return { mean, featureScale: 1 / Math.sqrt(squares / features.length) };
}

/**
 * Fits a logistic regression with a ridge on the weights, by L-BFGS; deterministic.
 *
 * @param ridge weight of half the squared length of the weights beside the mean log-loss
 * @source J. Nocedal, "Updating Quasi-Newton Matrices with Limited Storage", 1980
 */
export function fitLogistic(rows: LabelledRows, scaling: Scaling, ridge: number): LogisticModel {
  const { mean, featureScale } = scaling;
  const d = mean.length;
  const n = rows.features.length;
  const data = new Float32Array(n * d);
  rows.features.forEach((x, i) => {
    for (let k = 0; k < d; k++) data[i * d + k] = (num(x, k) - num(mean, k)) * featureScale;
  });
  const objective = (w: Float64Array, gradient: Float64Array): number => {
    gradient.fill(0);
    let loss = 0;
    for (let i = 0; i < n; i++) {
      const from = i * d;
      let score = num(w, d);
      for (let k = 0; k < d; k++) score += num(data, from + k) * num(w, k);
      const label = rows.labels[i] ?? 0;
      const slip = (1 / (1 + Math.exp(-score)) - label) / n;
      loss += softplus(label === 1 ? -score : score) / n;
      for (let k = 0; k < d; k++) gradient[k] = num(gradient, k) + slip * num(data, from + k);
      gradient[d] = num(gradient, d) + slip;
    }
    for (let k = 0; k < d; k++) {
      loss += (ridge / 2) * num(w, k) ** 2;
      gradient[k] = num(gradient, k) + ridge * num(w, k);
    }
    return loss;
  };
  const w = minimise(objective, new Float64Array(d + 1));
  return { mean, featureScale, weights: w.slice(0, d), bias: num(w, d) };
}

/** The log-odds that a model gives a feature vector. */
export function scoreOf({ mean, featureScale, weights, bias }: LogisticModel, feature: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < weights.length; k++) sum += num(weights, k) * (num(feature, k) - num(mean, k));
  return featureScale * sum + bias;
}

/**
 * Platt scaling: the slope and offset that make held-out scores calibrated log-odds.
 *
 * @source J. Platt, "Probabilistic Outputs for Support Vector Machines", 1999 (with its smoothed targets)
 */
export function fitPlatt(
  scores: readonly number[],
  labels: readonly number[],
): { readonly slope: number; readonly offset: number } {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (labels.length - positives + 2);
  const objective = (w: Float64Array, gradient: Float64Array): number => {
    gradient.fill(0);
    let loss = 0;
    scores.forEach((score, i) => {
      const z = num(w, 0) * score + num(w, 1);
      const target = labels[i] === 1 ? high : low;
      const slip = (1 / (1 + Math.exp(-z)) - target) / scores.length;
      loss += (softplus(z) - target * z) / scores.length;
      gradient[0] = num(gradient, 0) + slip * score;
      gradient[1] = num(gradient, 1) + slip;
    });
    return loss;
  };
  const w = minimise(objective, Float64Array.of(1, 0));
  return { slope: num(w, 0), offset: num(w, 1) };
}

function num(values: Float32Array | Float64Array, index: number): number {
  return values[index] as number;
}

function softplus(z: number): number {
  return z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += num(a, k) * num(b, k);
  return sum;
}

type Objective = (w: Float64Array, gradient: Float64Array) => number;

/** Minimises a smooth convex function from a start, by L-BFGS with a backtracking line search. */
function minimise(objective: Objective, start: Float64Array): Float64Array {
  let w = start;
  let gradient = new Float64Array(w.length);
  let value = objective(w, gradient);
  const history: { readonly step: Float64Array; readonly change: Float64Array; readonly rho: number }[] = [];
  for (let iteration = 0; iteration < MAX_ITERATIONS && Math.sqrt(dot(gradient, gradient)) > TOLERANCE; iteration++) {
    const direction = descent(gradient, history);
    const slope = dot(direction, gradient);
    let length = 1;
    let next = w;
    let nextGradient = gradient;
    let nextValue = value;
    for (let tries = 0; tries < 30; tries++, length /= 2) {
      const at = length;
      next = w.map((x, k) => x + at * num(direction, k));
      nextGradient = new Float64Array(w.length);
      nextValue = objective(next, nextGradient);
      if (nextValue <= value + 1e-4 * at * slope) break;
    }
    if (!(nextValue < value)) break;
    const step = next.map((x, k) => x - num(w, k));
    const change = nextGradient.map((x, k) => x - num(gradient, k));
    const curvature = dot(step, change);
    if (curvature > 0) {
      history.push({ step, change, rho: 1 / curvature });
      if (history.length > MEMORY) history.shift();
    }
    w = next;
    gradient = nextGradient;
    value = nextValue;
  }
  return w;
}

/** The two-loop recursion: minus the inverse Hessian's estimate times the gradient. */
function descent(
  gradient: Float64Array,
  history: readonly { readonly step: Float64Array; readonly change: Float64Array; readonly rho: number }[],
): Float64Array {
  const q = gradient.map((x) => -x);
  const alphas: number[] = [];
  for (const { step, change, rho } of [...history].reverse()) {
    const alpha = rho * dot(step, q);
    alphas.push(alpha);
    for (let k = 0; k < q.length; k++) q[k] = num(q, k) - alpha * num(change, k);
  }
  const last = history[history.length - 1];
  if (last) {
    const gamma = dot(last.step, last.change) / dot(last.change, last.change);
    for (let k = 0; k < q.length; k++) q[k] = num(q, k) * gamma;
  }
  for (const { step, change, rho } of history) {
    const beta = rho * dot(change, q);
    const alpha = alphas.pop() ?? 0;
    for (let k = 0; k < q.length; k++) q[k] = num(q, k) + (alpha - beta) * num(step, k);
  }
  return q;
}
