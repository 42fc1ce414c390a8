// Ink on a canvas: strokes of mouse, pen and touch, drawn smoothly, taken back one by one.

const PEN = 5;
const NEAREST = 0.7;
const MOST_POINTS = 15000;
const PICTURE_MARGIN = 16;

export class Ink extends EventTarget {
  // Each a list of [x, y] or [x, y, pressure] in pixels of the page.
  strokes = [];
  #canvas; #context; #pointer = null; #guide = null; #painting = false;

  constructor(canvas) {
    super();
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(kind, (event) => this.#end(event));
    }
    new ResizeObserver(() => this.#fit()).observe(canvas);
  }

  get isDrawing() {
    return this.#pointer !== null;
  }

  // guide: paints lines under the ink, (context, width, height); null for none.
  set guide(paint) {
    this.#guide = paint;
    this.repaint();
  }

  undo() {
    this.load(this.strokes.slice(0, -1));
  }

  clear() {
    this.load([]);
  }

  load(strokes) {
    this.#pointer = null;
    this.strokes = strokes;
    this.repaint();
    this.#tell("ended");
  }

  // At the next frame: many points of one stroke come between two frames.
  repaint() {
    if (this.#painting) return;
    this.#painting = true;
    requestAnimationFrame(() => {
      this.#painting = false;
      this.#paint();
    });
  }

  // The ink alone as a PNG, dark on white, cut to what is drawn.
  picture() {
    const [left, top, right, bottom] = bounds(this.strokes);
    const canvas = document.createElement("canvas");
    canvas.width = Math.ceil(right - left + 2 * PICTURE_MARGIN);
    canvas.height = Math.ceil(bottom - top + 2 * PICTURE_MARGIN);
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.translate(PICTURE_MARGIN - left, PICTURE_MARGIN - top);
    paintStrokes(context, this.strokes, "#000");
    return new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
  }

  #begin(event) {
    if (this.isDrawing || event.button !== 0) return;
    // A pointer that a script made up cannot be captured.
    if (event.isTrusted) this.#canvas.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    this.strokes = [...this.strokes, [this.#point(event)]];
    this.repaint();
    this.#tell("drawn");
  }

  #move(event) {
    if (event.pointerId !== this.#pointer) return;
    const stroke = this.strokes.at(-1);
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) {
      const point = this.#point(one);
      const [x, y] = stroke.at(-1);
      if (Math.hypot(point[0] - x, point[1] - y) >= NEAREST) stroke.push(point);
    }
    this.repaint();
    if (this.strokes.reduce((count, one) => count + one.length, 0) > MOST_POINTS) this.#end(event);
    else this.#tell("drawn");
  }

  #end(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = null;
    this.#tell("ended");
  }

  #point(event) {
    const box = this.#canvas.getBoundingClientRect();
    const place = [round(event.clientX - box.left), round(event.clientY - box.top)];
    // Mouse and most fingers have no pressure of their own.
    return event.pointerType === "pen" && event.pressure > 0 ? [...place, round(event.pressure)] : place;
  }

  #fit() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const scale = window.devicePixelRatio || 1;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    this.#context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#paint();
  }

  #paint() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    this.#context.clearRect(0, 0, width, height);
    this.#guide?.(this.#context, width, height);
    paintStrokes(this.#context, this.strokes, getComputedStyle(this.#canvas).color);
  }

  #tell(kind) {
    this.dispatchEvent(new Event(kind));
  }
}

// Left, top, right, bottom of all strokes.
export function bounds(strokes) {
  const points = strokes.flat();
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

// Strokes as the data of an SVG path.
export const path = (strokes) => strokes
  .map((stroke) => `M${(stroke.length > 1 ? stroke : [stroke[0], stroke[0]]).map(([x, y]) => `${x} ${y}`).join("L")}`)
  .join("");

function paintStrokes(context, strokes, color) {
  context.lineCap = "round";
  context.lineJoin = "round";
  context.strokeStyle = color;
  for (const stroke of strokes) paintStroke(context, stroke);
}

// Curves through the middles between points, each as wide as the pen was pressed there.
function paintStroke(context, stroke) {
  let [x, y] = stroke[0];
  for (let at = 1; at <= stroke.length; at += 1) {
    const [px, py, pressure = 0.5] = stroke[Math.min(at, stroke.length) - 1];
    const [nx, ny] = stroke[Math.min(at, stroke.length - 1)];
    const isLast = at >= stroke.length;
    const [ex, ey] = isLast ? [nx, ny] : [(px + nx) / 2, (py + ny) / 2];
    context.beginPath();
    context.lineWidth = PEN * (0.5 + pressure);
    context.moveTo(x, y);
    context.quadraticCurveTo(px, py, ex, ey);
    context.stroke();
    [x, y] = [ex, ey];
  }
}

const round = (value) => Math.round(value * 100) / 100;
