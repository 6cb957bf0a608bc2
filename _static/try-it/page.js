"use strict";

// The page Try it: controls, figures and words around what network.js computes.
document.addEventListener("DOMContentLoaded", () => {
  const root = document.getElementById("explorable");

  // As in lib/figures.py.
  const CATEGORIES = ["#1f6fb4", "#c8550a"];
  const BLACK = { color: "#222222", mark: "circle" };
  const RED = { color: "#b5432a", mark: "square" };
  const GREEN = { color: "#2f7f79", mark: "triangle" };
  const SIMILARITY =
    "2369bd 4a7bbc 678bbe 829cc3 9baecb b5c0d4 cfd4e0 e9e9ed faf5f4" +
    " f3e2e0 e7c8c6 ddafad d39794 c97f7d bf6765 b44f4f a9373b";
  const LAYERS = "a5cd90 81bc91 61aa90 48988f 33858d 20728b 1e5d86 27477d 2c3172";

  function colorMap(stops) {
    const colors = stops
      .split(" ")
      .map((stop) => [0, 2, 4].map((k) => parseInt(stop.slice(k, k + 2), 16)));
    return (share) => {
      const position = share * (colors.length - 1);
      const k = Math.min(Math.floor(position), colors.length - 2);
      const mixed = colors[k].map((c, i) => c + (position - k) * (colors[k + 1][i] - c));
      return `rgb(${mixed.map(Math.round).join(" ")})`;
    };
  }
  const similarityColor = colorMap(SIMILARITY);
  const layerColor = colorMap(LAYERS);

  // Settings: what each may be, and the blog post's values.

  const range = (low, high, step) =>
    Array.from(
      { length: Math.round((high - low) / step) + 1 },
      (_, k) => +(low + k * step).toFixed(3),
    );
  const SCALES = [...range(0.01, 0.2, 0.01), ...range(0.22, 0.5, 0.02), ...range(0.55, 1, 0.05)];
  const SEEDS = range(1, 9999, 1);
  const ALLOWED = {
    layers: range(1, 40, 1),
    units: range(5, 200, 5),
    scale: SCALES,
    bias: range(0, 1, 0.05),
    noise: range(0, 0.2, 0.005),
    squash: Object.keys(untrained.SQUASHES),
    layer: range(0, 40, 1),
    ruler: ["fixed", "own"],
    weights: SEEDS,
    items: SEEDS,
  };
  const BLOG = {
    layers: 20,
    units: 100,
    scale: 0.1,
    bias: 0,
    noise: 0.01,
    squash: "tanh",
    layer: 20,
    ruler: "fixed",
    weights: 1,
    items: 1,
  };
  // Where nothing else is said, the layer looked at is the last.
  const START = { ...BLOG, layer: ALLOWED.layer.at(-1) };
  let settings = { ...BLOG };

  // "units=25&layers=5": the settings that it names, and what is wrong with it.
  function parsed(text) {
    const named = {};
    const complaints = [];
    for (const [name, value] of new URLSearchParams(text)) {
      const allowed = Object.hasOwn(ALLOWED, name) ? ALLOWED[name] : [];
      const match = allowed.find((one) => String(one) === value);
      if (match !== undefined) {
        named[name] = match;
      } else if (!allowed.length) {
        complaints.push(`There is no setting ${name}.`);
      } else {
        const few = allowed.length < 8 ? allowed.join(", ") : `${allowed[0]} to ${allowed.at(-1)}`;
        complaints.push(
          `${name} must be one of ${few}, as its control has them; it came as ${value}.`,
        );
      }
    }
    return { named, complaints };
  }

  // Numbers as words.

  const minus = (text) => text.replace("-", "−");
  function shown(value, decimals = 3) {
    if (Number.isNaN(value)) return "undefined";
    const size = Math.abs(value);
    if (size !== 0 && (size < 0.5 / 10 ** decimals || size >= 1000)) {
      const [digits, power] = value.toExponential(1).split("e");
      const raised = [...String(+power)]
        .map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)])
        .join("");
      return minus(`${digits} × 10`) + raised;
    }
    return minus(value.toFixed(decimals));
  }
  const interval = ({ permutedLow, permutedHigh }) =>
    Number.isNaN(permutedLow) ? "undefined" : `${shown(permutedLow)} to ${shown(permutedHigh)}`;
  const sigmaW = () => settings.scale * Math.sqrt(settings.units);

  // Controls.

  const slider = (name, label) => `
    <div class="control">
      <label for="explorable-${name}">${label}</label>
      <span id="explorable-${name}-value" aria-hidden="true"></span>
      <input type="range" id="explorable-${name}" name="${name}" min="0" step="1">
    </div>`;
  const seed = (name, label, button) => `
    <div class="control seed">
      <label for="explorable-${name}">${label}</label>
      <input type="number" id="explorable-${name}" name="${name}" min="1" max="9999" step="1">
      <button type="button" data-draw="${name}">${button}</button>
    </div>`;

  root.innerHTML = `
    <form autocomplete="off">
      <fieldset>
        <legend>The network and its items</legend>
        ${slider("layers", "Layers")}
        ${slider("units", "Units in a layer")}
        ${slider("scale", "Scale of the weights")}
        ${slider("bias", "SD of the biases")}
        ${slider("noise", "Step of the noise")}
        <div class="control">
          <label for="explorable-squash">Squash</label>
          <select id="explorable-squash" name="squash">
            ${ALLOWED.squash.map((squash) => `<option>${squash}</option>`).join("")}
          </select>
        </div>
        ${seed("weights", "Seed of weights and biases", "Draw new weights")}
        ${seed("items", "Seed of the items", "Draw new items")}
        <div class="control">
          <button type="button" data-reset>Back to the blog post’s settings</button>
        </div>
      </fieldset>
      <fieldset class="look">
        <legend class="visually-hidden">Where to look</legend>
        ${slider("layer", "Layer")}
        <div class="control" role="radiogroup" aria-labelledby="explorable-ruler">
          <span id="explorable-ruler">Ruler</span>
          <label><input type="radio" name="ruler" value="fixed"> fixed</label>
          <label><input type="radio" name="ruler" value="own"> the layer’s own</label>
        </div>
      </fieldset>
    </form>
    <p class="complaints" role="alert" hidden></p>
    <p class="summary" role="status" aria-live="polite"></p>
    <div class="figures">
      <figure data-figure="matrix">
        <svg role="img" viewBox="0 0 340 250"></svg>
        <figcaption>
          Similarity matrix: the Pearson correlation of every item with every other at this layer.
          <span class="note"></span>
        </figcaption>
      </figure>
      <figure data-figure="similarity">
        <svg role="img" viewBox="0 0 340 250"></svg>
        <figcaption>
          Similarity by layer: the mean cosine of two items of one category and of different ones,
          and what the theory of chapter 12 predicts for a wide network. <span class="note"></span>
        </figcaption>
      </figure>
      <figure data-figure="planes">
        <div class="planes" role="img">
          <svg viewBox="0 0 220 220"></svg>
          <svg viewBox="0 0 220 220"></svg>
          <svg viewBox="0 0 220 220"></svg>
        </div>
        <figcaption>
          The items in the plane of their first two principal components, both categories and each
          by itself, scaled to its mean distance in all directions. Circles: category 1;
          triangles: category 2; hollow: the item without noise. A frame has the same size at every
          layer, on the ruler that is chosen.
          <span class="note"></span>
        </figcaption>
      </figure>
      <figure data-figure="smoothness">
        <svg role="img" viewBox="0 0 340 250"></svg>
        <figcaption>
          Smoothness by layer: a category’s own, a stranger’s, and that of permuted items (mean
          and middle 95&nbsp;% of 200 orders). <span class="note"></span>
        </figcaption>
      </figure>
      <table class="table">
        <caption>The numbers, at the input and at this layer</caption>
        <thead>
          <tr><th scope="col">measure</th><th scope="col">input</th><th scope="col"></th></tr>
        </thead>
        <tbody></tbody>
      </table>
    </div>`;

  const form = root.querySelector("form");
  const control = (name) => form.elements[name];
  const part = (selector) => root.querySelector(selector);

  const allowed = (name) => (name === "layer" ? range(0, settings.layers, 1) : ALLOWED[name]);
  const SAID = {
    layers: () => settings.layers,
    units: () => settings.units,
    scale: () => `${settings.scale}, σ_w = ${sigmaW().toFixed(2)}`,
    bias: () => settings.bias,
    noise: () => settings.noise,
    layer: () =>
      settings.layer === 0 ? "0, the input" : `${settings.layer} of ${settings.layers}`,
  };

  function showControls() {
    for (const [name, said] of Object.entries(SAID)) {
      const input = control(name);
      input.max = allowed(name).length - 1;
      input.value = allowed(name).indexOf(settings[name]);
      input.setAttribute("aria-valuetext", String(said()).replace("σ_w =", "sigma w"));
      const seen = String(said()).replace("σ_w", "<i>σ<sub>w</sub></i>");
      part(`#explorable-${name}-value`).innerHTML = seen;
    }
    for (const name of ["squash", "ruler", "weights", "items"]) {
      control(name).value = settings[name];
    }
  }

  form.addEventListener("input", ({ target: { name, type, value } }) => {
    if (type === "range") change({ [name]: allowed(name)[+value] });
    else if (type !== "number") change({ [name]: value });
  });
  form.addEventListener("change", ({ target: { name, type, value } }) => {
    if (type === "number") take(`${name}=${value}`);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("click", ({ target: { dataset } }) => {
    if (dataset.draw) change({ [dataset.draw]: (settings[dataset.draw] % SEEDS.length) + 1 });
    if ("reset" in dataset) change(BLOG);
  });
  // The links below the figures, each with settings to start from.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-settings]");
    if (!link) return;
    event.preventDefault();
    take(link.dataset.settings, { ...START, weights: settings.weights, items: settings.items });
    root.scrollIntoView();
    control("layer").focus({ preventScroll: true });
  });

  // Take over the settings that a text names, and say what is wrong with it.
  function take(text, start = settings) {
    const { named, complaints } = parsed(text);
    change({ ...start, ...named });
    part(".complaints").textContent = complaints.join(" ");
    part(".complaints").hidden = !complaints.length;
  }

  // An address without settings, such as that of a heading, leaves them as they are.
  function fromAddress() {
    if (location.hash.includes("=")) take(location.hash.slice(1), START);
  }
  window.addEventListener("hashchange", fromAddress);

  // Drawing: each figure is the text of an SVG. It holds numbers and words of this file, so that
  // nothing has to be escaped.

  const tag = (name, attributes, content = "") => {
    const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${value}"`);
    return `<${name}${written.join("")}>${content}</${name}>`;
  };
  const text = (x, y, content, attributes = {}) => tag("text", { x, y, ...attributes }, content);
  const centred = { "text-anchor": "middle" };
  const MARKS = {
    circle: (x, y, r, look) => tag("circle", { cx: x, cy: y, r, ...look }),
    square: (x, y, r, look) =>
      tag("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r, ...look }),
    triangle: (x, y, r, look) =>
      tag("path", { d: `M${x} ${y - 1.2 * r}L${x + 1.2 * r} ${y + r}H${x - 1.2 * r}Z`, ...look }),
  };

  function drawMatrix(matrix) {
    const [left, top, cell] = [56, 20, 10.5];
    const side = 20 * cell;
    const box = { x: left, y: top, width: side, height: side };
    const hatch = { id: "explorable-hatch", width: 5, height: 5, patternUnits: "userSpaceOnUse" };
    let svg = tag("pattern", hatch, tag("path", { d: "M0 5L5 0", stroke: "#777" }));
    matrix.forEach((row, i) =>
      row.forEach((r, j) => {
        svg += tag("rect", {
          x: left + j * cell,
          y: top + i * cell,
          width: cell,
          height: cell,
          fill: Number.isNaN(r) ? "url(#explorable-hatch)" : similarityColor((r + 1) / 2),
          "shape-rendering": "crispEdges",
        });
      }),
    );
    const half = side / 2;
    const cross = `M${left + half} ${top}v${side}M${left} ${top + half}h${side}`;
    svg += tag("path", { d: cross, stroke: "#fff", "stroke-width": 2 });
    svg += tag("rect", { ...box, fill: "none", stroke: BLACK.color });
    ["category 1", "category 2"].forEach((name, category) => {
      const along = (category + 0.5) * half;
      const turned = `translate(${left - 8} ${top + along}) rotate(-90)`;
      svg += text(left + along, top - 6, name, centred);
      svg += text(0, 0, name, { ...centred, transform: turned });
    });
    const steps = 60;
    for (let k = 0; k < steps; k++) {
      const fill = similarityColor(1 - k / (steps - 1));
      const y = top + (k * side) / steps;
      svg += tag("rect", { x: 290, y, width: 12, height: side / steps + 0.5, fill });
    }
    [1, 0, -1].forEach((r, k) => {
      svg += text(308, top + k * half + 4, minus(String(r)));
    });
    return svg;
  }

  // Values from -1 to 1 by layer. A line is { name, values, color, dash, mark } and a band { low,
  // high, color }; an entry of the legend is a line with a label and the width that it takes.
  function drawLines(lines, band, legend) {
    const { layers, layer: here } = settings;
    const [left, top, width, height] = [36, 10, 292, 172];
    const round = (value) => Number(value.toFixed(1));
    const x = (layer) => round(left + (layer / layers) * width);
    const y = (value) => round(top + ((1 - value) / 2) * height);
    const bottom = top + height;
    let svg = "";
    for (const value of [-1, -0.5, 0, 0.5, 1]) {
      svg += tag("path", { d: `M${left} ${y(value)}h${width}`, stroke: value ? "#ddd" : "#888" });
      svg += text(left - 6, y(value) + 4, minus(String(value)), { "text-anchor": "end" });
    }
    const step = [1, 2, 5, 10].find((size) => layers / size <= 8);
    for (let layer = 0; layer <= layers; layer++) {
      const from = Math.max(x(0), x(layer - 0.5));
      const strip = { x: from, width: Math.min(x(layers), x(layer + 0.5)) - from, height: 6 };
      svg += tag("rect", { ...strip, y: bottom + 3, fill: layerColor(layer / layers) });
      if (layer % step === 0) svg += text(x(layer), bottom + 22, layer, centred);
    }
    svg += text(left + width / 2, bottom + 36, "layer", centred);
    svg += tag("path", {
      d: `M${x(here)} ${top}v${height + 12}`,
      stroke: BLACK.color,
      "stroke-width": 1.5,
    });
    if (band) {
      const defined = [...band.low.keys()].filter((k) => !Number.isNaN(band.low[k]));
      const edge = (values) => (k) => `${x(k)} ${y(values[k])}`;
      const points = [...defined.map(edge(band.high)), ...defined.reverse().map(edge(band.low))];
      svg += tag("polygon", { points: points.join(" "), fill: band.color, "fill-opacity": 0.18 });
    }
    const pen = ({ color, dash = "none" }) => ({
      fill: "none",
      stroke: color,
      "stroke-width": 1.8,
      "stroke-dasharray": dash,
    });
    const every = Math.max(1, Math.floor((layers + 1) / 7));
    for (const line of lines) {
      const { name, values, color, mark } = line;
      let d = "";
      values.forEach((value, k) => {
        if (Number.isNaN(value)) return;
        d += `${k === 0 || Number.isNaN(values[k - 1]) ? "M" : "L"}${x(k)} ${y(value)}`;
      });
      svg += tag("path", { "data-line": name, d, ...pen(line) });
      values.forEach((value, k) => {
        if (!mark || Number.isNaN(value) || (k % every && k !== here)) return;
        svg += MARKS[mark](x(k), y(value), k === here ? 4.5 : 2.8, { fill: color });
      });
    }
    let at = 8;
    for (const entry of legend) {
      svg += tag("path", { d: `M${at} 240h26`, ...pen(entry) });
      if (entry.mark) svg += MARKS[entry.mark](at + 13, 240, 2.8, { fill: entry.color });
      svg += text(at + 31, 244, entry.label);
      at += entry.width;
    }
    return svg;
  }

  // Points from -limit to limit both ways; a cloud is { points, category }.
  function drawPlane(title, clouds, limit, unit) {
    const [low, side] = [12, 196];
    const place = (value) => low + side / 2 + (limit > 0 ? (value / limit) * (side / 2) : 0);
    const stroke = layerColor(settings.layer / settings.layers);
    const frame = { x: low, y: low, width: side, height: side };
    let svg = tag("rect", { ...frame, fill: "none", stroke, "stroke-width": 3 });
    for (const { points, category } of clouds) {
      const color = CATEGORIES[category];
      const full = { fill: color, stroke: "#fff" };
      const hollow = { fill: "#fff", stroke: color, "stroke-width": 2 };
      // From the last to the first, which has no noise and must not be hidden.
      for (let item = points.length - 1; item >= 0; item--) {
        const [x, y] = points[item];
        const look = { ...(item ? full : hollow), "data-item": category * 10 + item };
        svg += MARKS[["circle", "triangle"][category]](place(x), place(-y), 4.5, look);
      }
    }
    svg += text(low + 6, low + 16, title);
    svg += text(low + 6, low + side - 7, `± ${shown(limit, 1)}${unit}`);
    return svg;
  }

  // The figures, the table and the words.

  let ran = {};
  function compute() {
    const { layer, ruler, ...network } = settings;
    const key = JSON.stringify(network);
    if (ran.key !== key) ran = { key, ...untrained.run(network) };
    return ran;
  }

  function show(name, drawings, label, note) {
    const figure = part(`[data-figure=${name}]`);
    figure.querySelectorAll("svg").forEach((svg, k) => (svg.innerHTML = drawings[k]));
    figure.querySelector("[role=img]").setAttribute("aria-label", label);
    figure.querySelector(".note").textContent = note;
  }

  // "Undefined at layer 5, 7 to 20: ..."
  function gaps(values, why) {
    const runs = [];
    values.forEach((value, k) => {
      if (!Number.isNaN(value)) return;
      if (runs.length && runs.at(-1)[1] === k - 1) runs.at(-1)[1] = k;
      else runs.push([k, k]);
    });
    const layers = runs.map(([from, to]) => (from === to ? from : `${from} to ${to}`));
    return runs.length ? `Undefined at layer ${layers.join(", ")}: ${why}.` : "";
  }

  function showMatrix({ states }) {
    const { layer, units } = settings;
    const matrix = untrained.similarity(states[layer], units);
    const same = matrix.filter((row, i) => Number.isNaN(row[i])).length;
    const meanOf = (within) => {
      const values = matrix.flatMap((row, i) =>
        row.filter((_, j) => j > i && (Math.floor(i / 10) === Math.floor(j / 10)) === within),
      );
      return values.reduce((total, r) => total + r, 0) / values.length;
    };
    show(
      "matrix",
      [drawMatrix(matrix)],
      `Similarity matrix of the twenty items at layer ${layer}. Mean correlation within a ` +
        `category ${shown(meanOf(true))}, between the two ${shown(meanOf(false))}.`,
      same ? `Hatched: undefined, since ${same} of 20 items have one state in all units.` : "",
    );
  }

  function showSimilarity({ measures }) {
    const series = (name) => measures.map((m) => m[name]);
    const [first, last] = [measures[0], measures.at(-1)];
    const theory = { dash: "2 3", mark: "" };
    show(
      "similarity",
      [
        drawLines(
          [
            { name: "theoryWithin", values: series("theoryWithin"), ...BLACK, ...theory },
            { name: "theoryBetween", values: series("theoryBetween"), ...RED, ...theory },
            { name: "cosineWithin", values: series("cosineWithin"), ...BLACK },
            { name: "cosineBetween", values: series("cosineBetween"), ...RED },
          ],
          null,
          [
            { label: "within", ...BLACK, width: 92 },
            { label: "between", ...RED, width: 102 },
            { label: "theory, of each", color: "#555555", ...theory },
          ],
        ),
      ],
      `Mean cosine by layer. Within a category from ${shown(first.cosineWithin)} at the input to ` +
        `${shown(last.cosineWithin)} at the last layer, in theory ${shown(last.theoryWithin)}; ` +
        `between categories from ${shown(first.cosineBetween)} to ${shown(last.cosineBetween)}, ` +
        `in theory ${shown(last.theoryBetween)}.`,
      gaps(
        measures.map((m) => m.cosineWithin + m.cosineBetween),
        "an item has only zeros, and so no direction",
      ),
    );
  }

  function showPlanes({ measures }) {
    const { layer, ruler } = settings;
    const ruled = (m) => (ruler === "own" ? m.size : 1);
    const here = measures[layer];
    const size = ruled(here);
    // A frame reaches as far as any item does at any layer.
    const furthest = (of) =>
      1.15 * Math.max(...measures.map((m) => of(m) / ruled(m)).filter(Number.isFinite));
    const limits = {
      both: furthest((m) => m.reach),
      one: furthest((m) => Math.max(...m.clouds.flat(2).map(Math.abs))),
    };
    const cloud = (points, category) => ({
      points: size > 0 ? points.map(([x, y]) => [x / size, y / size]) : [],
      category,
    });
    const both = untrained.bothClouds(here);
    const unit = ruler === "own" ? " sizes" : "";
    show(
      "planes",
      [
        drawPlane(
          "both",
          [cloud(both.slice(0, 10), 0), cloud(both.slice(10), 1)],
          limits.both,
          unit,
        ),
        ...here.clouds.map((points, k) =>
          drawPlane(`category ${k + 1}`, [cloud(points, k)], limits.one, unit),
        ),
      ],
      `The items at layer ${layer} in the plane of their first two principal components, on ` +
        `${ruler === "own" ? "the layer's own" : "the fixed"} ruler. Mean distance within a ` +
        `category ${shown(here.spread / size)}, ${shown(here.ratio)} of that between the two.`,
      size > 0 ? "" : "All states are 0: the layer has no size to measure in.",
    );
  }

  function showSmoothness({ measures }) {
    const series = (name) => measures.map((m) => m[name]);
    const { layer } = settings;
    const here = measures[layer];
    const stranger = { ...RED, dash: "6 3" };
    const permuted = { ...GREEN, dash: "7 3 1.5 3" };
    show(
      "smoothness",
      [
        drawLines(
          [
            { name: "permuted", values: series("permuted"), ...permuted },
            { name: "stranger", values: series("stranger"), ...stranger },
            { name: "smoothness", values: series("smoothness"), ...BLACK },
          ],
          { low: series("permutedLow"), high: series("permutedHigh"), color: GREEN.color },
          [
            { label: "own", ...BLACK, width: 80 },
            { label: "stranger", ...stranger, width: 108 },
            { label: "permuted", ...permuted },
          ],
        ),
      ],
      `Functional smoothness by layer, at layer ${layer}: own ${shown(here.smoothness)}, a ` +
        `stranger's ${shown(here.stranger)}, with items permuted in 95 % of orders ` +
        `${interval(here)}.`,
      gaps(
        series("smoothness"),
        "the items' similarities do not vary beyond rounding, or an item has none",
      ),
    );
  }

  const ROWS = {
    "size of the states": (m) => shown(m.size),
    "spread, fixed ruler": (m) => shown(m.spread),
    "spread, the layer’s own ruler": (m) => shown(m.ownSpread),
    "within / between": (m) => shown(m.ratio),
    "cosine within": (m) => shown(m.cosineWithin),
    "cosine within, in theory": (m) => shown(m.theoryWithin),
    "cosine between": (m) => shown(m.cosineBetween),
    "cosine between, in theory": (m) => shown(m.theoryBetween),
    smoothness: (m) => shown(m.smoothness),
    "a stranger’s smoothness": (m) => shown(m.stranger),
    "with items permuted, middle 95 %": interval,
  };
  function showTable({ measures }) {
    const [input, here] = [measures[0], measures[settings.layer]];
    part("thead th:last-child").textContent = `layer ${settings.layer}`;
    part("tbody").innerHTML = Object.entries(ROWS)
      .map(
        ([name, value]) =>
          `<tr><th scope="row">${name}</th><td>${value(input)}</td><td>${value(here)}</td></tr>`,
      )
      .join("");
  }

  function draw() {
    const result = compute();
    for (const figure of [showMatrix, showSimilarity, showPlanes, showSmoothness, showTable]) {
      figure(result);
    }
  }

  function say() {
    const { measures } = compute();
    const { layers, units, squash, layer } = settings;
    const [input, here] = [measures[0], measures[layer]];
    part(".summary").innerHTML =
      `Layer ${layer} of ${layers}, ${units} units, ${squash === "none" ? "no squash" : squash}, ` +
      `<i>σ<sub>w</sub></i> = ${sigmaW().toFixed(2)}: two items have a cosine of ` +
      `${shown(here.cosineWithin)} within a category and ${shown(here.cosineBetween)} between ` +
      `categories. A category’s spread is ${shown(here.spread)} on the fixed ruler ` +
      `(input ${shown(input.spread)}) and ${shown(here.ownSpread)} on the layer’s own ` +
      `(input ${shown(input.ownSpread)}). Smoothness is ${shown(here.smoothness)}, a stranger’s ` +
      `${shown(here.stranger)}, and with items permuted in 95&nbsp;% of orders ${interval(here)}.`;
  }

  // A change is drawn in the next frame, however many come before it; it is said, and kept in the
  // address, when the settings have come to rest.
  let frame = 0;
  let rest = 0;
  function change(changes) {
    part(".complaints").hidden = true;
    const wasLast = settings.layer === settings.layers;
    settings = { ...settings, ...changes };
    if (wasLast && "layers" in changes && !("layer" in changes)) settings.layer = settings.layers;
    settings.layer = Math.min(settings.layer, settings.layers);
    showControls();
    root.setAttribute("aria-busy", "true");
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
    clearTimeout(rest);
    rest = setTimeout(() => {
      say();
      history.replaceState(null, "", `#${new URLSearchParams(settings)}`);
      root.setAttribute("aria-busy", "false");
    }, 250);
  }

  showControls();
  draw();
  say();
  fromAddress();
});
