/** Mouse, pen and touch on the canvas: panning, zooming and pinching here, the rest to the view's tool. */

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./tool.js").Pointer} Pointer */

const WHEEL_STEP = 1.0018; // zoom factor for one pixel of wheel travel
const LINE_PIXELS = 24; // where the wheel counts lines

/** @param {View} view */
export function attachPointers(view) {
  const canvas = view.overlay;
  /** Where each pressed pointer is, in CSS pixels of the window. @type {Map<number, {x: number, y: number}>} */
  const pressed = new Map();

  /** @param {PointerEvent | MouseEvent | WheelEvent} event @returns {Pointer} */
  function pointerOf(event) {
    const box = canvas.getBoundingClientRect();
    const screenX = event.clientX - box.left,
      screenY = event.clientY - box.top;
    const [x, y] = view.viewport.toImage(screenX, screenY);
    return {
      x,
      y,
      screenX,
      screenY,
      button: event.button,
      shift: event.shiftKey,
      alt: event.altKey,
      control: event.ctrlKey || event.metaKey,
      touch: event instanceof PointerEvent && event.pointerType === "touch",
      pressure: event instanceof PointerEvent && event.pointerType === "pen" ? event.pressure : null,
    };
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    pressed.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pressed.size === 2) {
      if (view.pressed) view.tool?.cancel?.();
      view.pressed = false;
      view.panning = true;
    } else if (event.button === 1 || view.spaceHeld) {
      event.preventDefault(); // no autoscroll
      view.panning = true;
    } else if (view.editor.document && (event.button === 0 || event.button === 2)) {
      view.pressed = true;
      view.pressedAt = performance.now();
      view.pointer = pointerOf(event);
      view.tool?.pointerDown?.(view.pointer);
    }
    view.updateCursor();
  });

  canvas.addEventListener("pointermove", (event) => {
    const before = pressed.get(event.pointerId);
    if (view.panning && before) {
      const other = [...pressed].find(([id]) => id !== event.pointerId)?.[1];
      if (other) pinch(before, event, other);
      else view.viewport.pan(event.clientX - before.x, event.clientY - before.y);
      pressed.set(event.pointerId, { x: event.clientX, y: event.clientY });
      view.pointer = pointerOf(event);
      view.redrawMoved();
    } else {
      // The moves between two frames matter to a freehand line, and to nothing else.
      const moves = view.pressed && event.getCoalescedEvents ? event.getCoalescedEvents() : [];
      for (const move of moves.length ? moves : [event]) {
        view.pointer = pointerOf(move);
        view.tool?.pointerMove?.(view.pointer, view.pressed);
      }
    }
    view.updateCursor();
    view.onMove();
  });

  /** @param {{x: number, y: number}} before @param {PointerEvent} event @param {{x: number, y: number}} other */
  function pinch(before, event, other) {
    const box = canvas.getBoundingClientRect();
    const was = Math.hypot(before.x - other.x, before.y - other.y);
    const is = Math.hypot(event.clientX - other.x, event.clientY - other.y);
    view.viewport.pan((event.clientX - before.x) / 2, (event.clientY - before.y) / 2);
    const middleX = (event.clientX + other.x) / 2 - box.left,
      middleY = (event.clientY + other.y) / 2 - box.top;
    if (was > 0) view.viewport.zoomAt(middleX, middleY, is / was);
  }

  canvas.addEventListener("pointerup", (event) => {
    pressed.delete(event.pointerId);
    if (view.panning) view.panning = pressed.size > 0;
    else if (view.pressed) {
      view.pressed = false;
      view.pointer = pointerOf(event);
      view.tool?.pointerUp?.(view.pointer);
    }
    view.updateCursor();
  });

  canvas.addEventListener("pointercancel", (event) => {
    pressed.delete(event.pointerId);
    view.panning = false;
    if (view.pressed) view.tool?.cancel?.();
    view.pressed = false;
  });

  canvas.addEventListener("pointerleave", () => {
    if (view.pressed) return;
    view.pointer = null;
    view.editor.hover(null);
    view.redrawOverlay();
    view.onMove();
  });

  canvas.addEventListener("dblclick", (event) => view.tool?.doubleClick?.(pointerOf(event)));
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());

  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const at = pointerOf(event);
      // With Shift held, browsers turn the wheel's travel sideways.
      const turned = event.shiftKey ? event.deltaY || event.deltaX : event.deltaY;
      const travel = turned * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PIXELS : 1);
      if (event.shiftKey && !event.ctrlKey && view.tool?.wheel?.(travel)) return;
      const factor = WHEEL_STEP ** (-travel * (event.ctrlKey ? 5 : 1)); // a pinch on a touchpad comes with Ctrl and small steps
      view.viewport.zoomAt(at.screenX, at.screenY, Math.min(2, Math.max(0.5, factor)));
      view.pointer = pointerOf(event);
      view.redrawMoved();
      view.onMove();
    },
    { passive: false },
  );
}
