"use strict";

// The small forms of Try it: one picture, a walk through the layers and, where the chapter is about
// it, the scale of the weights. A form is an empty <div class="small-try"> that says what it shows.
(() => {
  const SCALES = [0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.5, 1];
  const { BLACK, RED, shown } = drawing;
  const panels = (count, box) =>
    Array.from({ length: count }, () => `<svg viewBox="0 0 ${box}"></svg>`).join("");
  const SHAPES = { planes: panels(4, "220 220"), matrix: panels(1, "340 250") };

  function start(root) {
    const { show, instead } = root.dataset;
    const changes = root.dataset.change === "scale";
    const settings = { ...untrained.BLOG };
    let at = changes ? settings.layers : 0; // the layer; on the way between two while it plays
    let ran = untrained.run(settings);
    let playing = 0;

    root.innerHTML = `
      <form autocomplete="off">
        <div class="pictures ${show}" role="img">${SHAPES[show] ?? panels(1, "340 250")}</div>
        <div class="bar" ${changes ? "hidden" : ""}>
          <button type="button"></button>
          <label>Layer <input type="range" name="layer" min="0" max="${settings.layers}"></label>
        </div>
        <div class="bar" ${changes ? "" : "hidden"}>
          <label><span>Scale of the weights: <output></output></span>
            <input type="range" name="scale" min="0" max="${SCALES.length - 1}"></label>
        </div>
        <p role="status" aria-live="polite"></p>
      </form>`;
    const form = root.querySelector("form");
    const button = root.querySelector("button");
    const picture = root.querySelector(".pictures");
    if (instead) document.querySelector(`#${instead} img`).hidden = true;

    // Between two layers, while it plays, points are on their way.
    function places(ruler, of) {
      const [below, above] = [Math.floor(at), Math.ceil(at)];
      const next = drawing.places(ran.measures, above, ruler, of);
      const share = at - below;
      return drawing
        .places(ran.measures, below, ruler, of)
        .map((point, k) => point.map((from, i) => (1 - share) * from + share * next[k][i]));
    }

    function drawPlanes() {
      const titles = { fixed: "fixed ruler", own: "own ruler" };
      return ["fixed", "own"].flatMap((ruler) => {
        const first = (m) => m.clouds[0];
        const both = places(ruler, untrained.bothClouds);
        const limit = (reach) => drawing.limit(ran.measures, ruler, reach);
        const clouds = [0, 1].map((category) => ({
          points: both.slice(10 * category, 10 * category + 10),
          category,
        }));
        const unit = ruler === "own" ? " sizes" : "";
        const place = { ...settings, layer: at };
        return [
          drawing.plane(`${titles[ruler]}: both`, clouds, limit((m) => m.reach), unit, place),
          drawing.plane(
            `${ruler}: circles, larger`,
            [{ points: places(ruler, first), category: 0 }],
            limit((m) => drawing.reach(first(m))),
            unit,
            place,
          ),
        ];
      });
    }

    function drawSimilarity(layer) {
      const series = (name) => ran.measures.map((m) => m[name]);
      return drawing.lines(
        [
          { name: "cosineWithin", values: series("cosineWithin"), ...BLACK },
          { name: "cosineBetween", values: series("cosineBetween"), ...RED },
        ],
        null,
        [
          { label: "within", ...BLACK, width: 92 },
          { label: "between", ...RED },
        ],
        { ...settings, layer },
      );
    }

    function draw() {
      const layer = Math.round(at);
      const state = ran.states[layer];
      const similarity = show === "matrix" && untrained.similarity(state, settings.units);
      const alike = (within) => shown(untrained.meanSimilarity(similarity, within));
      const drawings = {
        planes: drawPlanes,
        similarity: () => [drawSimilarity(layer)],
        matrix: () => [drawing.matrix(similarity)],
      }[show]();
      picture.querySelectorAll("svg").forEach((svg, k) => (svg.innerHTML = drawings[k]));
      form.elements.layer.value = layer;
      form.elements.layer.setAttribute("aria-valuetext", `${layer} of ${settings.layers}`);
      form.elements.scale.value = SCALES.indexOf(settings.scale);
      form.elements.scale.setAttribute("aria-valuetext", settings.scale);
      root.querySelector("output").textContent = settings.scale;
      const m = ran.measures[layer];
      const words = {
        planes: () => `within a category ${shown(m.spread)} apart on the fixed ruler,
          ${shown(m.ownSpread)} in units of the states`,
        similarity: () => `cosine within a category ${shown(m.cosineWithin)}, between
          ${shown(m.cosineBetween)}`,
        matrix: () => `mean correlation within a category ${alike(true)}, between
          ${alike(false)}`,
      }[show]();
      const scale = changes ? `scale ${settings.scale}, ` : "";
      const said = root.querySelector("p");
      said.ariaLive = playing ? "off" : "polite"; // a walk is seen, and its end is said
      said.textContent = `Layer ${layer} of ${settings.layers}: ${scale}${words}.`;
      picture.setAttribute("aria-label", said.textContent);
    }

    function stop() {
      cancelAnimationFrame(playing);
      playing = 0;
      at = Math.round(at);
      button.textContent = "Play";
      draw();
    }
    function play() {
      if (at >= settings.layers) at = 0;
      button.textContent = "Pause";
      let last = performance.now();
      const step = (now) => {
        at = Math.min(settings.layers, at + Math.max(0, now - last) / 450);
        last = now;
        draw();
        if (at < settings.layers) playing = requestAnimationFrame(step);
        else stop();
      };
      playing = requestAnimationFrame(step);
    }

    button.addEventListener("click", () => (playing ? stop() : play()));
    form.addEventListener("submit", (event) => event.preventDefault());
    drawing.sliders(
      form,
      ({ name, value }) => {
        if (playing) stop();
        if (name === "layer") at = Number(value);
        else {
          settings.scale = SCALES[value];
          ran = untrained.run(settings);
        }
        draw();
      },
      () => draw(),
    );
    stop();

    // The first page's picture walks once by itself, when it is seen, unless motion is unwelcome.
    if ("autoplay" in root.dataset && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
      new IntersectionObserver(([{ isIntersecting }], watch) => {
        if (!isIntersecting) return;
        watch.disconnect();
        play();
      }).observe(root);
    }
  }

  document.querySelectorAll(".small-try").forEach(start);
})();
