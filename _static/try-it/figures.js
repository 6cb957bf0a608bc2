"use strict";

// What the page Try it and its small forms draw, each the text of an SVG, which holds numbers and
// words of this file, so that nothing has to be escaped; and how both take a slider.
const drawing = (() => {
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

  function matrix(values) {
    const [left, top, cell] = [56, 20, 10.5];
    const side = 20 * cell;
    const box = { x: left, y: top, width: side, height: side };
    const hatch = { id: "explorable-hatch", width: 5, height: 5, patternUnits: "userSpaceOnUse" };
    let svg = tag("pattern", hatch, tag("path", { d: "M0 5L5 0", stroke: "#777" }));
    values.forEach((row, i) =>
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
  function lines(all, band, legend, { layers, layer: here }) {
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
    for (const line of all) {
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

  // Points from -limit to limit both ways; a cloud is { points, category }, of items from pale to
  // dark with their noise.
  function plane(title, clouds, limit, unit, { layers, layer }) {
    const [low, side] = [12, 196];
    const place = (value) => low + side / 2 + (limit > 0 ? (value / limit) * (side / 2) : 0);
    const stroke = layerColor(layer / layers);
    const frame = { x: low, y: low, width: side, height: side };
    let svg = tag("rect", { ...frame, fill: "none", stroke, "stroke-width": 3 });
    for (const { points, category } of clouds) {
      const color = CATEGORIES[category];
      const hollow = { fill: "#fff", stroke: color, "stroke-width": 2 };
      // From the last to the first, which has no noise and must not be hidden.
      for (let item = points.length - 1; item >= 0; item--) {
        const [x, y] = points[item];
        const full = { fill: color, "fill-opacity": 0.2 + (0.8 * item) / 9, stroke: "#222" };
        const look = { ...(item ? full : hollow), "data-item": category * 10 + item };
        svg += MARKS[["circle", "triangle"][category]](place(x), place(-y), 4.5, look);
      }
    }
    svg += text(low + 6, low + 16, title);
    svg += text(low + 6, low + side - 7, `± ${shown(limit, 1)}${unit}`);
    return svg;
  }

  // One item on its way: layers as columns, of each the first units, coloured by their states, and
  // before the layer that is looked at the weights, thick where they are large and dashed where
  // they are negative.
  function network({ states, network: weights }, { layers, layer, units }) {
    const [left, width, opened, count] = [14, 652, layer ? 90 : 0, Math.min(units, 8)];
    const x = (k) => left + (k / layers) * (width - opened) + (k >= layer ? opened : 0);
    const y = (unit) => 12 + unit * (count > 1 ? 66 / (count - 1) : 0);
    let svg = "";
    for (let i = 0; layer && i < count; i++) {
      for (let j = 0; j < count; j++) {
        const w = weights[layer - 1].weights[i * units + j];
        const color = w < 0 ? RED.color : BLACK.color;
        svg += tag("path", {
          d: `M${x(layer - 1).toFixed(1)} ${y(i).toFixed(1)}L${x(layer).toFixed(1)} ${y(j).toFixed(1)}`,
          stroke: color,
          "stroke-dasharray": w < 0 ? "3 2" : "none",
          "stroke-width": (0.2 + Math.abs(w)).toFixed(2),
          "stroke-opacity": 0.7,
        });
      }
    }
    for (let k = 0; k <= layers; k++) {
      const [r, edge] = k === layer ? [5.5, 1.6] : [3.6, 0.5];
      for (let unit = 0; unit < count; unit++) {
        const fill = similarityColor((Math.max(-1, Math.min(1, states[k][unit])) + 1) / 2);
        const look = { fill, stroke: BLACK.color, "stroke-width": edge, "data-layer": k };
        svg += MARKS.circle(x(k).toFixed(1), y(unit).toFixed(1), r, look);
      }
    }
    const anchor = layer > 0.9 * layers ? "end" : layer < 0.1 * layers ? "start" : "middle";
    const here = layer ? `layer ${layer}` : "the input";
    return svg + text(x(layer).toFixed(1), 97, here, { "text-anchor": anchor });
  }

  // Call `take(slider)` for each value of a slider that is meant. A finger that comes down on one
  // may be about to scroll: nothing is taken before it has moved sideways or is lifted, and where
  // the page has scrolled, `restore()` puts the slider back.
  function sliders(form, take, restore) {
    let finger = null;
    const settle = (meant) => {
      const { slider } = finger;
      finger = null;
      if (meant) take(slider);
      else restore();
    };
    form.addEventListener("pointerdown", ({ target, pointerType, clientX, clientY }) => {
      if (target.type === "range" && pointerType !== "mouse") {
        finger = { slider: target, x: clientX, y: clientY };
      }
    });
    form.addEventListener("pointermove", ({ clientX, clientY }) => {
      const [across, along] = finger ? [clientX - finger.x, clientY - finger.y].map(Math.abs) : [0];
      if (across > 6 && across > along) settle(true);
    });
    form.addEventListener("input", ({ target }) => {
      if (target.type === "range" && finger?.slider !== target) take(target);
    });
    addEventListener("pointerup", () => finger && settle(true));
    addEventListener("pointercancel", () => finger && settle(false));
  }

  // What is 1 on a ruler.
  const unit = (m, ruler) => (ruler === "own" ? m.size : 1);
  const reach = (points) => Math.max(...points.map((point) => Math.hypot(...point)));

  // How far the frame of points goes: as far as any of them at any layer.
  const limit = (measures, ruler, reachOf) =>
    1.15 * Math.max(...measures.map((m) => reachOf(m) / unit(m, ruler)).filter(Number.isFinite));

  // The points of a layer on a ruler. One can be followed: they are turned to lie as the input
  // does.
  function places(measures, layer, ruler, of) {
    const size = unit(measures[layer], ruler);
    if (!(size > 0)) return [];
    const turned = untrained.turned(of(measures[layer]), of(measures[0]));
    return turned.map(([x, y]) => [x / size, y / size]);
  }

  return {
    BLACK,
    RED,
    GREEN,
    shown,
    matrix,
    lines,
    plane,
    network,
    sliders,
    unit,
    reach,
    limit,
    places,
  };
})();
