"use strict";

// What the page computes: an untrained network and lib's measures of it. A layer is one
// Float64Array of twenty items, category after category, by units. What is undefined is NaN. The
// tests feed these draws to lib and compare.
const untrained = (() => {
  const CATEGORIES = 2;
  const ITEMS = 10; // in a category
  const ALL = CATEGORIES * ITEMS;
  const EPSILON = 2 ** -52;

  const SQUASHES = {
    tanh: Math.tanh,
    none: (total) => total,
    step: Math.sign,
    ReLU: (total) => (total > 0 ? total : 0),
    logistic: (total) => 1 / (1 + Math.exp(-total)),
  };

  // Draws: xoshiro128** (Blackman and Vigna), a stream for each key, made normal by the ziggurat of
  // Marsaglia and Tsang.

  function mixed(word) {
    word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return word ^ (word >>> 15);
  }

  const rotated = (word, by) => (word << by) | (word >>> (32 - by));

  // A stream is its four words; a typed array, since plain numbers beyond 31 bits are slow.
  function stream(...key) {
    let hash = key.reduce((sum, word) => mixed((sum + word + 0x9e3779b9) | 0), 0);
    return Int32Array.from({ length: 4 }, () => mixed((hash = (hash + 0x9e3779b9) | 0)));
  }

  function bits(s) {
    const result = Math.imul(rotated(Math.imul(s[1], 5), 7), 9);
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotated(s[3], 11);
    return result;
  }

  // Between 0 and 1, and neither.
  const uniform = (s) => ((bits(s) >>> 0) + 0.5) * 2 ** -32;

  // The ziggurat: 128 layers of equal area, one upon the other, from the widest to the top.
  const density = (x) => Math.exp(-(x * x) / 2);
  const TAIL = 3.442619855899;
  const AREA = 9.91256303526217e-3;
  const EDGES = Float64Array.of(AREA / density(TAIL), TAIL, ...new Array(127).fill(0));
  for (let k = 2; k < 128; k++) {
    EDGES[k] = Math.sqrt(-2 * Math.log(AREA / EDGES[k - 1] + density(EDGES[k - 1])));
  }

  function normals(count, s) {
    const values = new Float64Array(count);
    for (let k = 0; k < count;) {
      const drawn = bits(s);
      const layer = drawn & 127;
      const x = (drawn >> 7) * 2 ** -24 * EDGES[layer];
      if (Math.abs(x) < EDGES[layer + 1]) {
        values[k++] = x;
      } else if (layer > 0) {
        const [low, high] = [density(EDGES[layer]), density(EDGES[layer + 1])];
        if (low + uniform(s) * (high - low) < density(x)) values[k++] = x;
      } else {
        let beyond;
        do beyond = -Math.log(uniform(s)) / TAIL;
        while (-2 * Math.log(uniform(s)) < beyond * beyond);
        values[k++] = Math.sign(x) * (TAIL + beyond);
      }
    }
    return values;
  }

  // What lib gets from its generator: standard normal draws. Each layer has a stream of its own, so
  // that a deeper network begins with the layers of the shallower one.
  const drawn = { layers: [] };

  function drawItems(seed, units) {
    const s = stream(seed, units, -1);
    return { prototypes: normals(CATEGORIES * units, s), noise: normals(ALL * units, s) };
  }

  function drawLayers(seed, units, count) {
    if (drawn.seed !== seed || drawn.units !== units)
      Object.assign(drawn, { seed, units, layers: [] });
    while (drawn.layers.length < count) {
      const s = stream(seed, units, drawn.layers.length);
      drawn.layers.push({ weights: normals(units * units, s), biases: normals(units, s) });
    }
    return drawn.layers.slice(0, count);
  }

  // Stimuli and networks.

  function members({ prototypes, noise }, step, units) {
    return noise.map((draw, k) => {
      const item = Math.floor(k / units);
      const category = Math.floor(item / ITEMS);
      return prototypes[category * units + (k % units)] + step * (item % ITEMS) * draw;
    });
  }

  // The totals of one layer: weights[i * units + j] leads from unit i to unit j. Two items and five
  // units at a time, which is three times as fast; the page's widths are multiples of five.
  function product(states, weights, units) {
    const totals = new Float64Array(states.length);
    for (let i = 0; i < units; i += 5) {
      const [v, w, x] = [i * units, (i + 1) * units, (i + 2) * units];
      const [y, z] = [(i + 3) * units, (i + 4) * units];
      for (let one = 0, other = units; one < states.length; one += 2 * units, other += 2 * units) {
        const a = states[one + i];
        const b = states[one + i + 1];
        const c = states[one + i + 2];
        const d = states[one + i + 3];
        const e = states[one + i + 4];
        const f = states[other + i];
        const g = states[other + i + 1];
        const h = states[other + i + 2];
        const k = states[other + i + 3];
        const l = states[other + i + 4];
        for (let j = 0; j < units; j++) {
          const p = weights[v + j];
          const q = weights[w + j];
          const r = weights[x + j];
          const s = weights[y + j];
          const t = weights[z + j];
          totals[one + j] += a * p + b * q + c * r + d * s + e * t;
          totals[other + j] += f * p + g * q + h * r + k * s + l * t;
        }
      }
    }
    return totals;
  }

  function propagate(patterns, layers, { units, scale, bias, squash }) {
    const states = [patterns];
    for (const { weights, biases } of layers) {
      const layer = product(states.at(-1), weights, units);
      for (let item = 0; item < layer.length; item += units) {
        for (let j = 0; j < units; j++) {
          layer[item + j] = SQUASHES[squash](scale * layer[item + j] + bias * biases[j]);
        }
      }
      states.push(layer);
    }
    return states;
  }

  // Measures of one layer. A matrix of items by items is one array, row after row.

  const numbers = (count) => Array.from({ length: count }, (_, k) => k);
  const pairsOf = (n) => numbers(n).flatMap((j) => numbers(j).map((i) => [i, j]));
  const PAIRS = pairsOf(ITEMS);

  const clipped = (r) => Math.max(-1, Math.min(1, r));
  const rowsOf = (states, units) =>
    numbers(ALL).map((i) => states.subarray(i * units, (i + 1) * units));

  function mean(values) {
    let total = 0;
    for (let k = 0; k < values.length; k++) total += values[k];
    return total / values.length;
  }

  function dot(a, b) {
    let total = 0;
    for (let k = 0; k < a.length; k++) total += a[k] * b[k];
    return total;
  }

  function squaredDistance(a, b) {
    let total = 0;
    for (let k = 0; k < a.length; k++) total += (a[k] - b[k]) * (a[k] - b[k]);
    return total;
  }

  // The mean, the SD, and the values with mean 0 and length 1: NaN where all values are equal.
  function standardise(values) {
    const average = mean(values);
    const z = new Float64Array(values.length);
    for (let k = 0; k < z.length; k++) z[k] = values[k] - average;
    const left = mean(z); // by rounding
    for (let k = 0; k < z.length; k++) z[k] -= left;
    const length = values.every((value) => value === values[0]) ? NaN : Math.sqrt(dot(z, z));
    for (let k = 0; k < z.length; k++) z[k] /= length;
    return { average, sd: length / Math.sqrt(z.length), z };
  }

  // Every item with every other: their distance, their cosine, and within a category 1 - r, which
  // is computed from differences, since for near-identical items r is rounding noise.
  function compare(states, units) {
    const rows = rowsOf(states, units);
    const standard = rows.map(standardise);
    const squares = rows.map((row) => dot(row, row));
    const distance = new Float64Array(ALL * ALL);
    const cosine = new Float64Array(ALL * ALL);
    const apart = new Float64Array(ALL * ALL);
    for (let i = 0; i < ALL; i++) {
      for (let j = 0; j < i; j++) {
        const [place, mirrored] = [i * ALL + j, j * ALL + i];
        const squared = squaredDistance(rows[i], rows[j]);
        const c = (squares[i] + squares[j] - squared) / 2 / Math.sqrt(squares[i] * squares[j]);
        distance[place] = distance[mirrored] = Math.sqrt(squared);
        cosine[place] = cosine[mirrored] = clipped(c);
        if (Math.floor(i / ITEMS) === Math.floor(j / ITEMS)) {
          apart[place] = apart[mirrored] = squaredDistance(standard[i].z, standard[j].z) / 2;
        }
      }
    }
    return { standard, distance, cosine, apart };
  }

  // Pearson correlation of every item with every other.
  function similarity(states, units) {
    const z = rowsOf(states, units).map((row) => standardise(row).z);
    return z.map((a) => z.map((b) => clipped(a === b && !Number.isNaN(a[0]) ? 1 : dot(a, b))));
  }

  // Here and above in typed arrays throughout: one function for two kinds of array is slow.
  const places = (pairs) => Uint16Array.from(pairs, ([i, j]) => i * ALL + j);
  const WITHIN = [0, ITEMS].map((first) => places(PAIRS.map(([i, j]) => [first + i, first + j])));
  const BETWEEN = places(
    numbers(ITEMS * ITEMS).map((k) => [Math.floor(k / ITEMS), ITEMS + (k % ITEMS)]),
  );
  function at(matrix, places) {
    const values = new Float64Array(places.length);
    for (let k = 0; k < places.length; k++) values[k] = matrix[places[k]];
    return values;
  }

  // The dissimilarities within a category, standardised, as a matrix of its items; NaN where they
  // do not vary beyond rounding, by the bound of lib.similarity.
  function profile({ standard, apart }, category) {
    const values = at(apart, WITHIN[category]);
    const items = standard.slice(category * ITEMS, (category + 1) * ITEMS);
    const offset = Math.max(...items.map(({ average, sd }) => Math.abs(average) / sd));
    const known = 16 * EPSILON * (1 + offset);
    const largest = Math.max(...values);
    const varies = largest - Math.min(...values) > known * (Math.sqrt(2 * largest) + known);
    const { z } = standardise(varies ? values : values.fill(NaN));
    const matrix = new Float64Array(ITEMS * ITEMS);
    PAIRS.forEach(([i, j], k) => (matrix[i * ITEMS + j] = matrix[j * ITEMS + i] = z[k]));
    return matrix;
  }

  // Functional smoothness of a category, the items of the outputs in the given order.
  const UPPER = Uint8Array.from(PAIRS, ([i, j]) => i * ITEMS + j);
  function smoothness(inputs, outputs, places = UPPER) {
    let r = 0;
    for (let k = 0; k < UPPER.length; k++) r += inputs[UPPER[k]] * outputs[places[k]];
    return clipped(r);
  }

  // The orders of the null, one for each category.
  const ORDERS = (() => {
    const s = stream(0);
    const shuffled = () => {
      const order = numbers(ITEMS);
      for (let i = ITEMS - 1; i > 0; i--) {
        const j = Math.floor(uniform(s) * (i + 1));
        [order[i], order[j]] = [order[j], order[i]];
      }
      return order;
    };
    return numbers(200).map(() => [shuffled(), shuffled()]);
  })();
  const PERMUTED = ORDERS.map((orders) =>
    orders.map((order) => Uint8Array.from(PAIRS, ([i, j]) => order[i] * ITEMS + order[j])),
  );

  function percentile(sorted, percent) {
    const position = (percent / 100) * (sorted.length - 1);
    const below = Math.floor(position);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }

  // Both categories' smoothness, averaged, beside a stranger's and beside that of permuted items.
  function smoothnesses(inputs, outputs) {
    const both = (of) => (of(0) + of(1)) / 2;
    const permuted = Float64Array.from(PERMUTED, (places) =>
      both((c) => smoothness(inputs[c], outputs[c], places[c])),
    ).sort();
    return {
      smoothness: both((c) => smoothness(inputs[c], outputs[c])),
      stranger: both((c) => smoothness(inputs[c], outputs[1 - c])),
      permuted: mean(permuted),
      permutedLow: percentile(permuted, 2.5),
      permutedHigh: percentile(permuted, 97.5),
    };
  }

  // Some of the items in the plane of their first two principal components, from their distances;
  // turned so that the last item of the first category lies to the upper right.
  function plane(distance, items) {
    const n = items.length;
    const gram = new Float64Array(n * n);
    items.forEach((i, k) =>
      items.forEach((j, l) => (gram[k * n + l] = distance[i * ALL + j] ** 2)),
    );
    const means = new Float64Array(n).map((_, k) => mean(gram.subarray(k * n, (k + 1) * n)));
    const all = mean(means);
    for (let k = 0; k < n * n; k++) {
      gram[k] = (means[Math.floor(k / n)] + means[k % n] - all - gram[k]) / 2;
    }
    const vectors = diagonalise(gram, n);
    const variance = (k) => Math.max(0, gram[k * n + k]);
    const [x, y] = numbers(n)
      .sort((a, b) => variance(b) - variance(a))
      .map((k) => {
        const stretch = Math.sqrt(variance(k)) * (vectors[(ITEMS - 1) * n + k] < 0 ? -1 : 1);
        return numbers(n).map((i) => stretch * vectors[i * n + k]);
      });
    return numbers(n).map((i) => [x[i], y[i]]);
  }

  // Jacobi's method: leaves the eigenvalues on the diagonal, returns the eigenvectors as columns.
  function diagonalise(matrix, n) {
    const vectors = Float64Array.from(matrix, (_, k) => (k % (n + 1) ? 0 : 1));
    const turn = (m, p, q, step, cos, sin) => {
      for (let k = 0; k < n; k++, p += step, q += step) {
        const before = m[p];
        m[p] = cos * before - sin * m[q];
        m[q] = sin * before + cos * m[q];
      }
    };
    let trace = 0;
    for (let p = 0; p < n; p++) trace += matrix[p * n + p];
    for (let sweep = 0, rest = trace; sweep < 30 && rest > 1e-10 * trace; sweep++) {
      rest = 0;
      for (let q = 1; q < n; q++) {
        for (let p = 0; p < q; p++) {
          const off = matrix[p * n + q];
          rest += Math.abs(off);
          if (Math.abs(off) <= (EPSILON * trace) / n / n) continue;
          const angle = Math.atan2(2 * off, matrix[q * n + q] - matrix[p * n + p]) / 2;
          const cos = Math.cos(angle);
          const sin = Math.sin(angle);
          turn(matrix, p, q, n, cos, sin);
          turn(matrix, p * n, q * n, 1, cos, sin);
          turn(vectors, p, q, n, cos, sin);
        }
      }
    }
    return vectors;
  }

  // A category's plane, scaled to its mean distance in all directions, as in chapter 6.
  function cloud(distance, category, spread) {
    const points = plane(
      distance,
      numbers(ITEMS).map((i) => category * ITEMS + i),
    );
    const inPlane = Float64Array.from(PAIRS, ([i, j]) =>
      Math.hypot(points[i][0] - points[j][0], points[i][1] - points[j][1]),
    );
    const stretch = spread > 0 ? spread / mean(inPlane) : 0;
    return points.map((point) => point.map((x) => x * stretch));
  }

  // How far the furthest item is from the centre of all.
  function reach(distance) {
    const squares = new Float64Array(ALL).map((_, i) => {
      const row = distance.subarray(i * ALL, (i + 1) * ALL);
      return dot(row, row) / ALL;
    });
    return Math.sqrt(Math.max(...squares) - mean(squares) / 2);
  }

  function measure(states, units, inputs) {
    const compared = compare(states, units);
    const { distance, cosine } = compared;
    const size = Math.sqrt(dot(states, states) / states.length);
    const between = mean(at(distance, BETWEEN));
    const spreads = WITHIN.map((places) => mean(at(distance, places)));
    const spread = (spreads[0] + spreads[1]) / 2;
    const profiles = [0, 1].map((category) => profile(compared, category));
    const rounding = 16 * EPSILON * size * Math.sqrt(units);
    return {
      distance,
      reach: reach(distance),
      size,
      spread,
      ownSpread: spread / size,
      ratio: between > rounding ? spread / between : NaN,
      cosineWithin: (mean(at(cosine, WITHIN[0])) + mean(at(cosine, WITHIN[1]))) / 2,
      cosineBetween: mean(at(cosine, BETWEEN)),
      clouds: spreads.map((s, category) => cloud(distance, category, s)),
      profiles,
      ...smoothnesses(inputs ?? profiles, profiles),
    };
  }

  // Theory: E[squash(u) squash(v)] for normal totals of equal variance, in polar coordinates; over
  // half the circle, of which the other half is the mirror image, cut where u or v changes sign.

  const RULE = (() => {
    const n = 24; // Gauss and Legendre's points on (0, 1)
    return numbers(n).map((k) => {
      let x = Math.cos((Math.PI * (k + 0.75)) / (n + 0.5));
      let slope;
      for (let step = 0; step < 50; step++) {
        let [before, value] = [1, x];
        for (let m = 2; m <= n; m++) {
          [before, value] = [value, ((2 * m - 1) * x * value - (m - 1) * before) / m];
        }
        slope = (n * (x * value - before)) / (x * x - 1);
        x -= value / slope;
      }
      return { point: (1 + x) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
    });
  })();
  const FARTHEST = 6.5; // beyond it the normal density is below 1e-9
  const RADII = RULE.map(({ point }) => FARTHEST * point);
  const DENSITY = RULE.map(
    ({ weight }, k) => (FARTHEST * weight * RADII[k] * Math.exp(-(RADII[k] ** 2) / 2)) / Math.PI,
  );

  function meanProduct(variance, correlation, squash) {
    const sd = Math.sqrt(variance);
    const angle = Math.acos(correlation);
    const cuts = [angle / 2, Math.PI / 2, angle + Math.PI / 2, angle / 2 + Math.PI];
    let total = 0;
    for (let piece = 0; piece < 3; piece++) {
      const width = cuts[piece + 1] - cuts[piece];
      if (width < EPSILON) continue;
      for (const { point, weight } of RULE) {
        const direction = cuts[piece] + width * point;
        const [u, v] = [sd * Math.cos(direction), sd * Math.cos(direction - angle)];
        for (let k = 0; k < RADII.length; k++) {
          const state = squash(u * RADII[k]);
          total += width * weight * DENSITY[k] * state * (v === u ? state : squash(v * RADII[k]));
        }
      }
    }
    return total;
  }

  // For several cosines at once, which share the mean square.
  function cosineByDepth(cosines, square, sigmaW, layers, squash, sigmaB) {
    const paths = [cosines];
    for (let layer = 1; layer <= layers; layer++) {
      const variance = sigmaW * sigmaW * square + sigmaB * sigmaB;
      const correlations = paths
        .at(-1)
        .map((cosine) => clipped((sigmaW * sigmaW * square * cosine + sigmaB * sigmaB) / variance));
      square = meanProduct(variance, 1, squash);
      paths.push(correlations.map((c) => meanProduct(variance, c, squash) / square));
    }
    return cosines.map((_, k) => paths.map((path) => path[k]));
  }

  // For settings { layers, units, scale, bias, noise, squash, items, weights }, the last two being
  // the seeds of the draws: everything but what the page needs of one layer only.
  function run(settings) {
    const { layers, units, scale, bias, noise, squash, items, weights } = settings;
    const stimuli = drawItems(items, units);
    const network = drawLayers(weights, units, layers);
    const states = propagate(members(stimuli, noise, units), network, settings);
    const measures = [measure(states[0], units)];
    for (const layer of states.slice(1)) measures.push(measure(layer, units, measures[0].profiles));
    const { cosineWithin, cosineBetween, size } = measures[0];
    const [theoryWithin, theoryBetween] = cosineByDepth(
      [cosineWithin, cosineBetween],
      size * size,
      scale * Math.sqrt(units),
      layers,
      SQUASHES[squash],
      bias,
    );
    measures.forEach((m, k) => {
      Object.assign(m, { theoryWithin: theoryWithin[k], theoryBetween: theoryBetween[k] });
    });
    return { stimuli, network, states, measures };
  }

  // The mean over pairs of items, of one category or of two.
  function meanSimilarity(matrix, within) {
    const values = matrix.flatMap((row, i) =>
      row.filter((_, j) => j > i && (Math.floor(i / 10) === Math.floor(j / 10)) === within),
    );
    return values.reduce((total, r) => total + r, 0) / values.length;
  }

  // Kept, since a walk through the layers asks for them in every frame.
  const bothClouds = (m) => (m.both ??= plane(m.distance, numbers(ALL)));

  // Points turned, or mirrored, until they lie as near as they can to others: of the two nearest
  // that one, by the angle between them (chapter 6 does it by a singular value decomposition).
  function turned(points, like) {
    const sum = (of) => points.reduce((total, [x, y], k) => total + of(x, y, ...like[k]), 0);
    const straight = [sum((x, y, u, v) => x * u + y * v), sum((x, y, u, v) => x * v - y * u)];
    const mirrored = [sum((x, y, u, v) => x * u - y * v), sum((x, y, u, v) => x * v + y * u)];
    const flip = Math.hypot(...mirrored) > Math.hypot(...straight) ? -1 : 1;
    const [along, across] = flip < 0 ? mirrored : straight;
    const length = Math.hypot(along, across) || 1;
    const [cos, sin] = [along / length, across / length];
    return points.map(([x, y]) => [cos * x - sin * flip * y, sin * x + cos * flip * y]);
  }

  // The blog post's network, and the first draw of weights and items.
  const BLOG = {
    layers: 20,
    units: 100,
    scale: 0.1,
    bias: 0,
    noise: 0.01,
    squash: "tanh",
    weights: 1,
    items: 1,
  };

  return { SQUASHES, ORDERS, BLOG, run, similarity, meanSimilarity, bothClouds, turned };
})();
