"use strict";

// The page Try it: controls, pictures and words around what network.js computes and figures.js
// draws. The scripts are deferred: the page is there, and nothing waits for its formulas.
(() => {
  const root = document.getElementById("explorable");
  const { BLACK, RED, GREEN, shown } = drawing;

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
  const { weights, items, ...network } = untrained.BLOG;
  const BLOG = { ...network, layer: network.layers, ruler: "fixed", weights, items };
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

  const interval = ({ permutedLow, permutedHigh }) =>
    Number.isNaN(permutedLow) ? "undefined" : `${shown(permutedLow)} to ${shown(permutedHigh)}`;
  const sigmaW = () => settings.scale * Math.sqrt(settings.units);

  // Controls, each with a phrase that says what it is.

  const control = (name, label, phrase, content) => `
    <div class="control" data-control="${name}">
      <label for="explorable-${name}">${label}</label>
      <span id="explorable-${name}-value" aria-hidden="true"></span>
      <small id="explorable-${name}-phrase">${phrase}</small>
      ${content}
    </div>`;
  const described = (name) =>
    `id="explorable-${name}" name="${name}" aria-describedby="explorable-${name}-phrase"`;
  const slider = (name, label, phrase) =>
    control(name, label, phrase, `<input type="range" ${described(name)} min="0" step="1">`);
  const seed = (name, label, button) => `
    <div class="control" data-control="${name}">
      <label for="explorable-${name}">${label}</label>
      <input type="number" id="explorable-${name}" name="${name}" min="1" max="9999" step="1">
      <button type="button" data-draw="${name}">${button}</button>
    </div>`;
  const CONTROLS = {
    scale: slider("scale", "Scale of the weights", "their SD"),
    layers: slider("layers", "Layers", "how deep it is"),
    units: slider("units", "Units in a layer", "how wide it is"),
    bias: slider("bias", "SD of the biases", "for all items"),
    noise: slider("noise", "Step of the noise", "item to item"),
    squash: control(
      "squash",
      "Squash",
      "of a unit’s total",
      `<select ${described("squash")}>
         ${ALLOWED.squash.map((squash) => `<option>${squash}</option>`).join("")}
       </select>`,
    ),
    weights: seed("weights", "Seed of the weights", "Draw new weights"),
    items: seed("items", "Seed of the items", "Draw new items"),
  };
  const PICTURES = {
    planes: "points",
    similarity: "similarity",
    smoothness: "smoothness",
    matrix: "matrix",
  };
  const options = (names) =>
    Object.entries(names)
      .map(([name, label]) => `<option value="${name}">${label}</option>`)
      .join("");
  const CHOICES = {
    scale: "scale",
    layers: "layers",
    units: "units",
    bias: "biases",
    noise: "noise",
    squash: "squash",
    weights: "weights’ seed",
    items: "items’ seed",
  };

  root.innerHTML = `
    <form autocomplete="off">
      <div class="hand">
        <section class="story" aria-label="Step by step"></section>
        <div class="choose">
          <span aria-hidden="true">Picture</span><span aria-hidden="true">Change</span>
          <select data-choose="picture" aria-label="Picture">${options(PICTURES)}</select>
          <select data-choose="control" aria-label="Change">${options(CHOICES)}</select>
        </div>
        <fieldset class="settings">
          <legend class="visually-hidden">The network and its items</legend>
          ${Object.values(CONTROLS).join("")}
          <button type="button" data-reset>Back to the blog post’s settings</button>
        </fieldset>
      </div>
      <div class="view">
        <fieldset class="look">
          <legend class="visually-hidden">Where to look</legend>
          <figure data-figure="network">
            <svg role="img" viewBox="0 0 680 100"></svg>
            <figcaption>One item on its way: a column is a layer, of which eight units are shown,
              red above 0 and blue below; the lines are weights.</figcaption>
          </figure>
          <button type="button" data-play></button>
          <div class="control">
            <label for="explorable-layer">Layer</label>
            <span id="explorable-layer-value" aria-hidden="true"></span>
            <input type="range" id="explorable-layer" name="layer" min="0" step="1">
          </div>
          <div class="ruler" role="radiogroup" aria-labelledby="explorable-ruler">
            <span id="explorable-ruler">Ruler</span>
            <label><input type="radio" name="ruler" value="fixed"> fixed</label>
            <label><input type="radio" name="ruler" value="own"> the layer’s own</label>
          </div>
        </fieldset>
        <p class="complaints" role="alert" hidden></p>
        <div class="figures">
          <figure data-figure="planes">
            <div class="planes" role="img">
              <svg viewBox="0 0 220 220"></svg>
              <svg viewBox="0 0 220 220"></svg>
              <svg viewBox="0 0 220 220"></svg>
            </div>
            <figcaption>The items as points: circles and triangles, the darker the more noise.
              <span class="note"></span></figcaption>
          </figure>
          <figure data-figure="similarity">
            <svg role="img" viewBox="0 0 340 250"></svg>
            <figcaption>Similarity by layer: mean cosine within a category and between the two.
              <span class="note"></span></figcaption>
          </figure>
          <figure data-figure="smoothness">
            <svg role="img" viewBox="0 0 340 250"></svg>
            <figcaption>Smoothness by layer: own, a stranger’s, and of permuted items.
              <span class="note"></span></figcaption>
          </figure>
          <figure data-figure="matrix">
            <svg role="img" viewBox="0 0 340 250"></svg>
            <figcaption>Similarity matrix: every item’s correlation with every other at this layer.
              <span class="note"></span></figcaption>
          </figure>
        </div>
        <p class="summary" role="status" aria-live="polite"></p>
        <details class="numbers">
          <summary>The numbers, at the input and at this layer</summary>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">measure</th><th scope="col">input</th><th scope="col"></th>
              </tr>
            </thead>
            <tbody></tbody>
          </table>
        </details>
      </div>
    </form>`;

  const form = root.querySelector("form");
  const field = (name) => form.elements[name];
  const part = (selector) => root.querySelector(selector);

  // Where there is room for all, all is seen; on a phone, what is chosen here.
  function choose(what, name) {
    part(`[data-choose=${what}]`).value = name;
    const of = { picture: ".figures > figure", control: ".settings > .control" }[what];
    for (const one of root.querySelectorAll(of)) {
      one.classList.toggle("chosen", Object.values(one.dataset).includes(name));
    }
  }

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
      const input = field(name);
      input.max = allowed(name).length - 1;
      input.value = allowed(name).indexOf(settings[name]);
      input.setAttribute("aria-valuetext", String(said()).replace("σ_w =", "sigma w"));
      const seen = String(said()).replace("σ_w", "<i>σ<sub>w</sub></i>");
      part(`#explorable-${name}-value`).innerHTML = seen;
    }
    for (const name of ["squash", "ruler", "weights", "items"]) {
      field(name).value = settings[name];
    }
  }

  drawing.sliders(
    form,
    ({ name, value }) => {
      if (name === "layer") stop();
      change({ [name]: allowed(name)[+value] });
    },
    () => showControls(),
  );
  form.addEventListener("input", ({ target: { name, type, value, dataset } }) => {
    if (dataset.choose) choose(dataset.choose, value);
    else if (type !== "number" && type !== "range") change({ [name]: value });
  });
  form.addEventListener("change", ({ target: { name, type, value } }) => {
    if (type === "number") take(`${name}=${value}`);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("click", ({ target: { dataset } }) => {
    if (dataset.draw) change({ [dataset.draw]: (settings[dataset.draw] % SEEDS.length) + 1 });
    if ("reset" in dataset) change(BLOG);
    if ("play" in dataset) playing ? stop() : play();
  });

  // Playing walks through the layers, from the input if it stands at the last.

  let playing = 0;
  function play() {
    if (settings.layer === settings.layers) change({ layer: 0 });
    playing = setInterval(() => {
      if (settings.layer === settings.layers) stop();
      else change({ layer: settings.layer + 1 });
    }, 350);
    part("[data-play]").textContent = "Pause";
  }
  function stop() {
    clearInterval(playing);
    playing = 0;
    part("[data-play]").textContent = "Play";
  }
  stop();

  // The steps that stand below the program, one at a time beside it. Each is a place in the
  // browser's history, so that one can go back.

  const recipes = [...document.querySelectorAll("#six-things-to-try > section")].map((section) => {
    const title = section.querySelector("h3").cloneNode(true);
    title.querySelector(".headerlink")?.remove();
    return { title: title.textContent, steps: [...section.querySelectorAll("ol > li")] };
  });
  const steps = recipes.flatMap(({ steps }, recipe) => steps.map((_, step) => ({ recipe, step })));
  let place = 0;

  function tell() {
    const { recipe, step } = steps[place];
    const { title, steps: all } = recipes[recipe];
    const words = all[step].cloneNode(true);
    for (const one of words.querySelectorAll("[id]")) one.removeAttribute("id");
    for (const link of words.querySelectorAll("[data-settings]")) {
      link.replaceWith(Object.assign(document.createElement("b"), { textContent: link.textContent }));
    }
    part(".story").innerHTML = `
      <p class="title">${recipe + 1} of ${recipes.length}. ${title}</p>
      <div class="step">${words.innerHTML}</div>
      <div class="turn">
        <button type="button" data-step="-1" ${place ? "" : "disabled"}>Back</button>
        <span>step ${step + 1} of ${all.length}</span>
        <button type="button" data-step="1" ${place < steps.length - 1 ? "" : "disabled"}>
          ${step < all.length - 1 ? "Next step" : "Next question"}
        </button>
      </div>`;
  }

  function goTo(next, remember = true) {
    place = next;
    stop();
    tell();
    const { recipe, step } = steps[place];
    const link = recipes[recipe].steps[step].querySelector("[data-settings]");
    const { weights, items } = settings;
    take(link.dataset.settings, { ...START, weights, items });
    if (link.dataset.picture) choose("picture", link.dataset.picture);
    if (link.dataset.control) choose("control", link.dataset.control);
    if (remember) history.pushState({ place }, "", address());
  }
  part(".story").addEventListener("click", ({ target: { dataset } }) => {
    if (dataset.step) goTo(place + Number(dataset.step));
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-settings]");
    if (!link) return;
    event.preventDefault();
    const of = link.closest("li");
    goTo(steps.findIndex(({ recipe, step }) => recipes[recipe].steps[step] === of));
    root.scrollIntoView();
    part("[data-play]").focus({ preventScroll: true });
  });
  addEventListener("popstate", ({ state }) => {
    const own = location.hash.includes("=");
    if (location.hash && state?.place === undefined) return; // a heading, or settings by hand
    place = state?.place ?? 0;
    stop();
    tell();
    if (!own) goTo(place, false);
  });

  // Take over the settings that a text names, and say what is wrong with it.
  function take(text, start = settings) {
    const { named, complaints } = parsed(text);
    change({ ...start, ...named });
    part(".complaints").textContent = complaints.join(" ");
    part(".complaints").hidden = !complaints.length;
  }

  // An address without settings, such as that of a heading, leaves them as they are.
  const address = () => `#${new URLSearchParams(settings)}`;
  function fromAddress() {
    if (location.hash.includes("=")) take(location.hash.slice(1), START);
  }
  addEventListener("hashchange", fromAddress);

  // The pictures, the table and the words.

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
    if (note !== undefined) figure.querySelector(".note").textContent = note;
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

  function showNetwork(result) {
    const { layer, layers, units } = settings;
    const here = layer ? `layer ${layer}` : "the input, layer 0,";
    show(
      "network",
      [drawing.network(result, settings)],
      `The first item of category 1 on its way: the first ${Math.min(units, 8)} of ${units} units ` +
        `of each of ${layers} layers, coloured by their states; ${here} is looked at, where the ` +
        `first state is ${shown(result.states[layer][0])}.`,
    );
  }

  function showMatrix({ states }) {
    const { layer, units } = settings;
    const matrix = untrained.similarity(states[layer], units);
    const same = matrix.filter((row, i) => Number.isNaN(row[i])).length;
    const meanOf = (within) => shown(untrained.meanSimilarity(matrix, within));
    show(
      "matrix",
      [drawing.matrix(matrix)],
      `Similarity matrix of the twenty items at layer ${layer}. Mean correlation within a ` +
        `category ${meanOf(true)}, between the two ${meanOf(false)}.`,
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
        drawing.lines(
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
          settings,
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
    const here = measures[layer];
    const size = drawing.unit(here, ruler);
    const both = drawing.places(measures, layer, ruler, untrained.bothClouds);
    const one = drawing.limit(measures, ruler, (m) => drawing.reach(m.clouds.flat()));
    const unit = ruler === "own" ? " sizes" : "";
    show(
      "planes",
      [
        drawing.plane(
          "both",
          [0, 1].map((category) => ({
            points: both.slice(10 * category, 10 * category + 10),
            category,
          })),
          drawing.limit(measures, ruler, (m) => m.reach),
          unit,
          settings,
        ),
        ...[0, 1].map((category) => {
          const points = drawing.places(measures, layer, ruler, (m) => m.clouds[category]);
          const title = `category ${category + 1}`;
          return drawing.plane(title, [{ points, category }], one, unit, settings);
        }),
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
        drawing.lines(
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
          settings,
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
    for (const figure of [
      showNetwork,
      showMatrix,
      showSimilarity,
      showPlanes,
      showSmoothness,
      showTable,
    ]) {
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
      history.replaceState(history.state, "", address());
      root.setAttribute("aria-busy", "false");
    }, 400);
  }

  // It opens in the middle of a story, or with the settings of its address.
  choose("picture", "planes");
  choose("control", "scale");
  goTo(0, false);
  clearTimeout(rest);
  draw();
  say();
  root.setAttribute("aria-busy", "false");
  history.replaceState({ place }, "", location.href);
  fromAddress();
})();
