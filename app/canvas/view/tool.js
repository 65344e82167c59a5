/** What a tool is to the canvas that it works on, and what it is told of the pointer. */

/**
 * What the pointer is over or at, in image pixels (x, y) and in CSS pixels of the canvas (screenX, screenY); `pressure`
 * is a pen's, 0..1, and null of anything else.
 * @typedef {{x: number, y: number, screenX: number, screenY: number, button: number, shift: boolean, alt: boolean, control: boolean, touch: boolean, pressure: number | null}} Pointer
 */
/**
 * @typedef {object} Tool
 * @property {string} name
 * @property {string} label  in the tool bar
 * @property {string} [help]  in the list of keys, where the label is too short
 * @property {string} key
 * @property {import("./dom.js").IconName} icon
 * @property {() => HTMLElement} [options]  its choices, shown over the canvas while it is in hand
 * @property {{keys: string[], label: string, run: (key: string) => void}[]} [shortcuts]  further keys
 * @property {() => string} hint  one line for the person
 * @property {(pointer: Pointer) => string} [cursor]
 * @property {(pointer: Pointer) => void} [pointerDown]
 * @property {(pointer: Pointer, pressed: boolean) => void} [pointerMove]
 * @property {(pointer: Pointer) => void} [pointerUp]
 * @property {(pointer: Pointer) => void} [doubleClick]
 * @property {(travel: number) => boolean} [wheel]  Shift+wheel; true where it meant something
 * @property {() => boolean} [cancel]  true where there was something to cancel
 * @property {() => boolean} [confirm]
 * @property {() => boolean} [erase]  Del and Backspace
 * @property {(dx: number, dy: number) => boolean} [nudge]  arrows, in pixels of the image; true where they meant something
 * @property {() => boolean} [undo]
 * @property {() => void} [leave]
 * @property {() => void} [settle]  another image or status is turned to: what is as good as done is kept; else `cancel`
 * @property {(context: CanvasRenderingContext2D, surface: import("./painter.js").Surface) => void} [draw]  while it is in hand
 * @property {(context: CanvasRenderingContext2D, surface: import("./painter.js").Surface) => void} [overlay]  always
 */

export {};
