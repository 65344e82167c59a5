/**
 * What happens in the editor, and what is told with it; whoever shows something listens. Nothing else is emitted, and
 * each of these is listened to: the types say the first, tests/canvas/events.test.js says the second.
 */

/**
 * Of the editor, its tools and its view.
 * @typedef {object} EditorEvents
 * @property {string | null} loading the name of the image that is long in coming; null: nothing is
 * @property {void} open another image is shown
 * @property {import("./document.js").ImageDocument["image"]} removedelsewhere the open image is in the trash
 * @property {void} document instances, classes or the status changed
 * @property {void} selection
 * @property {void} hover
 * @property {void} draft what is being drawn or dragged
 * @property {void} filter threshold, hidden, locked
 * @property {void} class the class for new objects
 * @property {void} tool
 * @property {void} hint what the tool says to do next
 * @property {void} brush its size
 * @property {void} view how the image is shown
 * @property {void} save how far the edits are saved
 * @property {void} busy what the server is asked
 * @property {void} gallery it is shown or put away
 * @property {void} signedin who the page belongs to is known
 * @property {{from: number, to: number}} renumber the server gave an object its number
 * @property {import("./editor.js").Notice} notice
 * @property {number} madeway how many proposals went for what was drawn, before that is selected
 * @property {import("./document.js").Instance[]} deleted what a person has deleted, before it is gone
 * @property {{direction: "undo" | "redo", to: import("./document.js").Instance[]}} travelled the objects after an undo or redo, before they are shown
 * @property {void} classneeded a class is to be made before anything is drawn
 * @property {void} searchclass
 * @property {void} help
 * @property {void} viewoptions
 * @property {void} keys some do something else now
 * @property {void} imagepanel
 * @property {File[]} importfiles annotations were brought
 */

/**
 * Of the list of images.
 * @typedef {object} ImageEvents
 * @property {void} list rows came or changed
 * @property {{done: number, total: number}} upload
 */

/**
 * Of the model beside the canvas.
 * @typedef {object} AssistantEvents
 * @property {void} working what it is at, or no longer
 */

export {};
