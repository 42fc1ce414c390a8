// Wheel, drag, pinch and keys on the picture.

const STEP = 60;

// Calls zoomAt(by, x, y) and move(dx, dy), in pixels of `stage`.
export function openGestures(stage, { zoomAt, move }) {
  const fingers = new Map();
  const at = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomAt(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), ...at(event));
  }, { passive: false });
  stage.addEventListener("pointerdown", (event) => {
    if (event.button === 0) fingers.set(event.pointerId, at(event));
  });
  addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = at(event);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const middle = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
      zoomAt(distance(now, other) / Math.max(1, distance(before, other)), ...middle);
    } else {
      move(now[0] - before[0], now[1] - before[1]);
      stage.classList.add("dragged");
    }
    fingers.set(event.pointerId, now);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    addEventListener(name, (event) => {
      fingers.delete(event.pointerId);
      stage.classList.remove("dragged");
    });
  }
  stage.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };
    if (!(event.key in step)) return;
    event.preventDefault();
    move(...step[event.key]);
  });
}

const distance = (one, other) => Math.hypot(one[0] - other[0], one[1] - other[1]);
