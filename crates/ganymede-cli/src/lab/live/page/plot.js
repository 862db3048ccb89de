// Drawing: a canvas in its own pixels, axes, lines, heat maps and arrows.

const PAD = { left: 44, right: 10, top: 8, bottom: 24 };

/** The page's colours by name, as [r, g, b]. */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => {
    const hex = style.getPropertyValue(`--${name}`).trim().slice(1);
    return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
  };
  const names = ["card", "ink", "soft", "line", "grid", "p", "q", "d", "target", "jsd", "w1"];
  return Object.fromEntries(names.map((name) => [name, of(name)]));
}

export const css = ([r, g, b], alpha = 1) => `rgba(${r}, ${g}, ${b}, ${alpha})`;

/** A coordinate system on a canvas, or on a part of it. */
export class Plot {
  /** `box`: [left, top, width, height] within the canvas, all of it where not given. */
  constructor(canvas, theme, { x, y, log = false, box = null, fresh = true, square = false }) {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) [canvas.width, canvas.height] = pixels;
    this.context = canvas.getContext("2d");
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (fresh) this.context.clearRect(0, 0, width, height);
    let [left, top, w, h] = box ?? [0, 0, width, height];
    let inner = [left + PAD.left, top + PAD.top, w - PAD.left - PAD.right, h - PAD.top - PAD.bottom];
    if (square) {
      const side = Math.min(inner[2], inner[3]);
      inner = [inner[0] + (inner[2] - side) / 2, inner[1] + (inner[3] - side) / 2, side, side];
    }
    Object.assign(this, { canvas, theme, x, y, log, inner });
  }

  static size = (canvas) => [canvas.clientWidth, canvas.clientHeight];

  X(x) {
    return this.inner[0] + ((x - this.x[0]) / (this.x[1] - this.x[0])) * this.inner[2];
  }

  Y(y) {
    const at = this.log ? (Math.log(Math.max(y, this.y[0])) - Math.log(this.y[0])) / (Math.log(this.y[1]) - Math.log(this.y[0]))
      : (y - this.y[0]) / (this.y[1] - this.y[0]);
    return this.inner[1] + (1 - at) * this.inner[3];
  }

  axes({ xLabel = "", yLabel = "", xTicks = 6, yTicks = 5 } = {}) {
    const { context: c, theme, inner: [left, top, width, height] } = this;
    c.font = '11px system-ui, "DejaVu Sans", sans-serif';
    c.lineWidth = 1;
    c.strokeStyle = css(theme.grid);
    c.fillStyle = css(theme.soft);
    c.textAlign = "center";
    c.textBaseline = "top";
    for (const x of ticks(this.x, Math.min(xTicks, Math.max(2, Math.floor(width / 60))))) {
      line(c, this.X(x), top, this.X(x), top + height);
      c.fillText(short(x), this.X(x), top + height + 6);
    }
    c.textAlign = "right";
    c.textBaseline = "middle";
    for (const y of this.log ? decades(this.y) : ticks(this.y, yTicks)) {
      line(c, left, this.Y(y), left + width, this.Y(y));
      c.fillText(short(y), left - 6, this.Y(y));
    }
    c.strokeStyle = css(theme.line);
    c.strokeRect(left, top, width, height);
    if (xLabel) {
      c.textAlign = "right";
      c.textBaseline = "bottom";
      c.fillText(xLabel, left + width - 5, top + height - 4);
    }
    if (yLabel) {
      c.textAlign = "left";
      c.textBaseline = "top";
      c.fillText(yLabel, left + 6, top + 5);
    }
  }

  /** Draws only within the axes. */
  inside(draw) {
    const { context: c, inner: [left, top, width, height] } = this;
    c.save();
    c.beginPath();
    c.rect(left, top, width, height);
    c.clip();
    draw(c);
    c.restore();
  }

  /** A line through the points; where a value is null it is broken. */
  line(xs, ys, colour, { width = 2, dash = [], alpha = 1, fill = 0 } = {}) {
    this.inside((c) => {
      c.beginPath();
      let open = false;
      ys.forEach((y, i) => {
        if (y === null || y === undefined) { open = false; return; }
        c[open ? "lineTo" : "moveTo"](this.X(xs[i]), this.Y(y));
        open = true;
      });
      c.lineWidth = width;
      c.lineJoin = "round";
      c.setLineDash(dash);
      c.strokeStyle = css(colour, alpha);
      c.stroke();
      if (fill && xs.length) {
        c.lineTo(this.X(xs[xs.length - 1]), this.Y(0));
        c.lineTo(this.X(xs[0]), this.Y(0));
        c.fillStyle = css(colour, fill);
        c.fill();
      }
    });
  }

  dots(xs, ys, colour, { radius = 2, alpha = 1 } = {}) {
    this.inside((c) => {
      c.fillStyle = css(colour, alpha);
      xs.forEach((x, i) => {
        c.beginPath();
        c.arc(this.X(x), this.Y(ys[i]), radius, 0, 7);
        c.fill();
      });
    });
  }

  /** An arrow in pixels from a point of the plot. */
  arrow(x, y, dx, dy, colour, alpha = 0.9) {
    const length = Math.hypot(dx, dy);
    if (length < 1) return;
    const { context: c } = this;
    const [u, v, head] = [dx / length, dy / length, Math.min(5, 0.6 * length)];
    c.strokeStyle = c.fillStyle = css(colour, alpha);
    c.lineWidth = 1.3;
    line(c, x, y, x + dx - u * head * 0.5, y + dy - v * head * 0.5);
    c.beginPath();
    c.moveTo(x + dx, y + dy);
    c.lineTo(x + dx - head * (u + 0.5 * v), y + dy - head * (v - 0.5 * u));
    c.lineTo(x + dx - head * (u - 0.5 * v), y + dy - head * (v + 0.5 * u));
    c.fill();
  }

  /** A picture of side x side cells over the whole plot, first row at the bottom; `paint(node)` gives [r, g, b]. */
  heat(side, paint) {
    const image = new ImageData(side, side);
    for (let j = 0; j < side; j++) {
      for (let i = 0; i < side; i++) {
        const [r, g, b] = paint(j * side + i);
        image.data.set([r, g, b, 255], 4 * ((side - 1 - j) * side + i));
      }
    }
    const small = (this.canvas.small ??= document.createElement("canvas"));
    [small.width, small.height] = [side, side];
    small.getContext("2d").putImageData(image, 0, 0);
    this.inside((c) => {
      c.imageSmoothingEnabled = true;
      c.imageSmoothingQuality = "high";
      c.drawImage(small, ...this.inner);
    });
  }

  /** Above the middle. */
  title(text) {
    this.text(text, this.inner[0] + this.inner[2] / 2, this.inner[1] - 19, { align: "center" });
  }

  text(text, x, y, { align = "left", colour = this.theme.soft, size = 12 } = {}) {
    const { context: c } = this;
    c.font = `${size}px system-ui, "DejaVu Sans", sans-serif`;
    c.fillStyle = css(colour);
    c.textAlign = align;
    c.textBaseline = "top";
    c.fillText(text, x, y);
  }
}

/** Between two colours. */
export const mix = (a, b, share) => a.map((from, i) => from + (b[i] - from) * Math.min(1, Math.max(0, share)));

function line(c, x0, y0, x1, y1) {
  c.beginPath();
  c.moveTo(x0, y0);
  c.lineTo(x1, y1);
  c.stroke();
}

function ticks([low, high], count) {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9; k++) found.push(k * step);
  return found;
}

/** Whole decades; where they are few, 2 and 5 times them as well; where they are many, every second or third. */
function decades([low, high]) {
  const [from, to] = [low, high].map((x) => Math.round(Math.log10(x)));
  const every = Math.ceil((to - from) / 6);
  const found = [];
  for (let k = from; k <= to; k += Math.max(1, every)) {
    found.push(10 ** k);
    if (to - from <= 2 && k < to) found.push(2 * 10 ** k, 5 * 10 ** k);
  }
  return found;
}

/** A number for people: three digits. */
export function short(x) {
  if (x === null || x === undefined) return "-";
  if (x === 0 || Math.abs(x) < 1e-12) return "0";
  const size = Math.abs(x);
  if (size >= 1e5 || size < 1e-3) return x.toExponential(size >= 1e5 ? 1 : 0).replace("e+", "e");
  return String(Number(x.toPrecision(3)));
}
