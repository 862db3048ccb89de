// The pictures: each draws what one frame shows.

import { Plot, mix, short } from "./plot.js";

const $ = (id) => document.getElementById(id);
const SAMPLES_BAND = 0.3; // of the height, under the densities on the line

/** Draws everything. */
export function draw(scene, frame, theme) {
  document.body.classList.toggle("plane", scene.dimensions === 2);
  const nodes = Array.from({ length: scene.side }, (_, i) => (2 * scene.reach * (i + 0.5)) / scene.side - scene.reach);
  const view = { scene, frame, theme, nodes, range: [-scene.reach, scene.reach] };
  (scene.dimensions === 1 ? densitiesOnTheLine : densitiesInThePlane)(view);
  (scene.dimensions === 1 ? discriminatorOnTheLine : discriminatorInThePlane)(view);
  ratio(view);
  divergences(view);
  gradients(view);
}

function densitiesOnTheLine({ scene, frame, theme, nodes, range }) {
  const canvas = $("densities");
  const [width, height] = Plot.size(canvas);
  const band = SAMPLES_BAND * height;
  const top = 1.15 * Math.max(...scene.p, Math.min(Math.max(...frame.q), 3 * Math.max(...scene.p)));
  const plot = new Plot(canvas, theme, { x: range, y: [0, top], box: [0, 0, width, height - band] });
  plot.axes({ yLabel: "density" });
  plot.line(nodes, scene.p, theme.p, { fill: 0.18 });
  plot.line(nodes, frame.q, theme.q, { fill: 0.18 });

  const below = new Plot(canvas, theme, { x: range, y: [0, 1], box: [0, height - band, width, band + 14], fresh: false });
  const unit = arrowUnit(frame.forces, 1, 60);
  below.inside(() => {
    frame.samples.forEach((x, i) => {
      const place = (i * 0.618034) % 1;
      const [X, Y] = [below.X(x), below.inner[1] + 4 + place * (below.inner[3] - 8)];
      below.arrow(X, Y, frame.forces[i] * unit, 0, theme.ink, 0.5);
    });
  });
  below.dots(frame.samples, frame.samples.map((_, i) => 1 - (4 + ((i * 0.618034) % 1) * (below.inner[3] - 8)) / below.inner[3]), theme.q, { radius: 2.4 });
  below.text("samples of q", below.inner[0] + 6, below.inner[1] - 2, { size: 11 });
  describeArrows(unit, below);
}

function densitiesInThePlane({ scene, frame, theme, range }) {
  const canvas = $("densities");
  const [left, right] = pair(canvas);
  // a spike does not make everything else invisible
  const top = Math.max(...scene.p);
  const shades = (values, colour, most) => (node) => mix(theme.card, colour, 0.9 * Math.sqrt(Math.min(1, values[node] / most)));
  const data = new Plot(canvas, theme, { x: range, y: range, box: left, square: true });
  data.axes({ xTicks: 3, yTicks: 3 });
  data.heat(scene.side, shades(scene.p, theme.p, top));
  data.title("p, and samples of q with their forces");
  const unit = arrowUnit(frame.forces, 2, 34);
  data.inside(() => {
    for (let i = 0; i < frame.samples.length; i += 2) {
      const [x, y] = [data.X(frame.samples[i]), data.Y(frame.samples[i + 1])];
      data.arrow(x, y, frame.forces[i] * unit, -frame.forces[i + 1] * unit, theme.ink, 0.8);
    }
  });
  const coordinates = (axis) => frame.samples.filter((_, i) => i % 2 === axis);
  data.dots(coordinates(0), coordinates(1), theme.card, { radius: 3.1 });
  data.dots(coordinates(0), coordinates(1), theme.q, { radius: 2.3 });
  describeArrows(unit, data);

  const model = new Plot(canvas, theme, { x: range, y: range, box: right, square: true, fresh: false });
  model.axes({ xTicks: 3, yTicks: 3 });
  model.heat(scene.side, shades(frame.q, theme.q, Math.min(Math.max(...frame.q), 2 * top)));
  model.title("q");
}

/** Two places for pictures, side by side or, on a phone, one below the other; each with room for a title. */
function pair(canvas) {
  const [width, height] = Plot.size(canvas);
  const title = 18;
  return [0, 1].map((k) => (width < 560
    ? [0, (k * height) / 2 + title, width, height / 2 - title]
    : [(k * width) / 2, title, width / 2, height - title]));
}

/** Pixels for a force of 1, such that all but the very longest arrows are at most `longest` pixels. */
function arrowUnit(forces, dimensions, longest) {
  const sizes = [];
  for (let i = 0; i < forces.length; i += dimensions) sizes.push(Math.hypot(...forces.slice(i, i + dimensions)));
  sizes.sort((a, b) => a - b);
  const large = sizes[Math.floor(0.95 * (sizes.length - 1))] ?? 0;
  return Math.min(longest / Math.max(large, 1e-9), 400);
}

/** How many times a force's own length its arrow is. */
function describeArrows(unit, plot) {
  const own = plot.inner[2] / (plot.x[1] - plot.x[0]);
  $("arrow-scale").textContent = short(unit / own);
}

function discriminatorOnTheLine({ scene, frame, theme, nodes, range }) {
  const plot = new Plot($("discriminator"), theme, { x: range, y: outputRange(frame) });
  plot.axes({ yLabel: scene.output });
  const within = (values, wanted) => values.map((value, i) => (isBulk(scene, frame, i) === wanted ? value : null));
  if (frame.target) {
    plot.line(nodes, frame.target, theme.target, { width: 1.5, dash: [5, 4], alpha: 0.2 });
    plot.line(nodes, within(frame.target, true), theme.target, { width: 1.8, dash: [5, 4] });
  }
  plot.line(nodes, frame.output, theme.d, { alpha: 0.3 });
  plot.line(nodes, within(frame.output, true), theme.d, { width: 2.4 });
}

function discriminatorInThePlane({ scene, frame, theme, range }) {
  const canvas = $("discriminator");
  const [low, high] = outputRange(frame);
  const boxes = frame.target ? pair(canvas) : [[0, 18, Plot.size(canvas)[0], Plot.size(canvas)[1] - 18]];
  [$("scale-low").textContent, $("scale-high").textContent] = frame.target?.every((share) => share >= 0) ? ["0", "1"] : [short(low), short(high)];
  [[frame.output, scene.output], [frame.target, scene.target]].forEach(([values, name], k) => {
    const plot = new Plot(canvas, theme, { x: range, y: range, box: boxes[k], fresh: k === 0, square: true });
    if (!values) return;
    plot.axes({ xTicks: 3, yTicks: 3 });
    plot.heat(scene.side, (node) => {
      const share = (values[node] - low) / (high - low);
      const colour = share < 0.5 ? mix(theme.q, theme.card, 2 * share) : mix(theme.card, theme.p, 2 * share - 1);
      return isBulk(scene, frame, node) ? colour : mix(colour, theme.card, 0.72);
    });
    plot.title(name);
  });
}

/** 0 to 1 for what is a share, -1.5 to 1.5 for a sign, and as far as it goes for a critic. */
function outputRange(frame) {
  if (frame.target) return frame.target.some((value) => value < 0) ? [-1.6, 1.6] : [-0.05, 1.05];
  const far = Math.max(0.5, ...frame.output.map(Math.abs));
  return [-1.1 * far, 1.1 * far];
}

const isBulk = (scene, frame, node) => scene.p[node] + frame.q[node] >= 0.98 * frame.bulk;

function ratio({ scene, frame, theme }) {
  const note = "One dot a place in the bulk of p and q; on the dashed line ";
  if (frame.ratio) {
    const sizes = [...frame.ratio.log_ratio, ...frame.ratio.logit].map(Math.abs).sort((a, b) => a - b);
    const far = Math.max(2, Math.min(8, Math.ceil(1.1 * (sizes[Math.floor(0.98 * (sizes.length - 1))] ?? 2))));
    against({ theme, range: [-far, far], names: ["log p/q", "h"] }, frame.ratio.log_ratio, frame.ratio.logit);
    $("ratio-note").textContent = `${note}the logit is the log density ratio. `
      + "Healthy: along the line. Flat: D has not learnt. Steeper: D is surer than the densities warrant.";
    return;
  }
  const objective = `Under ${scene.settings.objective} a logit is no log density ratio`;
  const bulk = frame.target ? frame.q.map((_, node) => node).filter((node) => isBulk(scene, frame, node)) : [];
  const nodes = bulk.filter((_, i) => i % Math.ceil(bulk.length / 240) === 0);
  const names = frame.target ? ["h*", "h"] : ["", ""];
  against({ theme, range: outputRange(frame), names }, nodes.map((node) => frame.target[node]), nodes.map((node) => frame.output[node]));
  $("ratio-note").textContent = frame.target ? `${objective}: its optimum is ${scene.target}. ${note}it is there.` : `${objective}: ${scene.target}.`;
}

/** Dots that should lie on the diagonal. */
function against({ theme, range, names }, xs, ys) {
  const plot = new Plot($("ratio"), theme, { x: range, y: range });
  plot.axes({ xLabel: names[0], yLabel: names[1] });
  if (xs.length) plot.line(range, range, theme.target, { width: 1.5, dash: [5, 4] });
  const clipped = (values) => values.map((value) => Math.max(range[0], Math.min(range[1], value)));
  plot.dots(clipped(xs), clipped(ys), theme.d, { radius: 2.6, alpha: 0.65 });
}

function divergences({ frame, theme }) {
  const history = frame.history;
  const steps = history.map((record) => record.step);
  const names = ["kl_qp", "kl_pq", "jsd", "w1"].filter((name) => frame.divergences[name] !== null);
  const colours = { kl_qp: theme.q, kl_pq: theme.p, jsd: theme.jsd, w1: theme.w1 };
  const plot = over("divergences", steps, history.flatMap((record) => names.map((name) => record[name])), theme, 1e-3);
  for (const name of names) plot.line(steps, history.map((record) => record[name]), colours[name], { width: 1.8 });
  for (const name of ["kl_qp", "kl_pq", "jsd", "w1"]) $(name).textContent = short(frame.divergences[name]);
  $("w1-key").hidden = frame.divergences.w1 === null;
}

function gradients({ frame, theme }) {
  const history = frame.history.filter((record) => record.gradient_g !== null && record.gradient_d !== null);
  const steps = history.map((record) => record.step);
  const plot = over("gradients", steps, history.flatMap((record) => [record.gradient_g, record.gradient_d]), theme, 1e-6);
  plot.line(steps, history.map((record) => record.gradient_d), theme.d, { width: 1.8 });
  plot.line(steps, history.map((record) => record.gradient_g), theme.q, { width: 1.8 });
  const last = history[history.length - 1];
  $("gradient_g").textContent = short(last?.gradient_g);
  $("gradient_d").textContent = short(last?.gradient_d);
}

/** Axes over the steps so far, logarithmic upwards over whole decades. */
function over(canvas, steps, values, theme, least) {
  const positive = values.filter((value) => value > 0);
  const low = Math.max(least, Math.min(0.1, ...positive));
  const high = Math.max(1, ...positive);
  const decade = (x, round) => 10 ** round(Math.log10(x));
  const x = [0, Math.max(10, steps[steps.length - 1] ?? 0)];
  const plot = new Plot($(canvas), theme, { x, y: [decade(low, Math.floor), decade(high, Math.ceil)], log: true });
  plot.axes();
  return plot;
}

/** What the pictures show, for those who do not see them. */
export function describe(scene, frame) {
  const { kl_qp, kl_pq, jsd, w1 } = frame.divergences;
  const set = (id, text) => $(id).setAttribute("aria-label", text);
  const q = frame.samples.length / scene.dimensions;
  set("densities", `Density p (${scene.settings.density}), the generator's density q, and ${q} samples with an arrow each; at step ${frame.step} JSD is ${short(jsd)}.`);
  set("discriminator", frame.gap
    ? `${scene.output} against ${scene.target}: they differ by ${short(frame.gap.mean)} on average and ${short(frame.gap.sup)} at most.`
    : `${scene.output}; ${scene.target}.`);
  set("ratio", frame.ratio ? "Logits against log density ratios, with the line on which they agree." : $("ratio-note").textContent);
  set("divergences", `KL(q‖p) ${short(kl_qp)}, KL(p‖q) ${short(kl_pq)}, JSD ${short(jsd)}${w1 === null ? "" : `, W1 ${short(w1)}`}, over ${frame.step} steps.`);
  set("gradients", `Norms of the gradients of generator and discriminator over ${frame.step} steps.`);
}

/** The numbers beside the pictures. */
export function numbers(scene, frame) {
  $("output-name").textContent = scene.output;
  $("target-name").textContent = scene.target;
  $("gap-mean").textContent = frame.gap ? frame.gap.mean.toFixed(3) : "-";
  $("gap-sup").textContent = frame.gap ? frame.gap.sup.toFixed(3) : "-";
  const body = $("readings");
  const names = frame.readings.map((reading) => reading.name).join();
  if (body.dataset.names !== names) {
    body.dataset.names = names;
    body.replaceChildren(...frame.readings.map(() => {
      const row = document.createElement("tr");
      row.append(...["", "number", ""].map((kind) => Object.assign(document.createElement("td"), { className: kind })));
      return row;
    }));
  }
  frame.readings.forEach(({ name, value, healthy }, i) => {
    const row = body.children[i];
    const [title, number, meaning] = row.children;
    const mark = healthy === null ? "" : healthy ? "✓" : "!";
    row.className = healthy === null ? "" : healthy ? "good" : "bad";
    const texts = [name, `${short(value)} ${mark}`.trim(), scene.legend.find((entry) => entry.name === name)?.summary ?? ""];
    [title, number, meaning].forEach((cell, k) => {
      if (cell.textContent !== texts[k]) cell.textContent = texts[k];
    });
    number.setAttribute("aria-label", healthy === null ? short(value) : `${short(value)}, ${healthy ? "healthy" : "not healthy"}`);
  });
}
