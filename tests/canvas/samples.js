/** Documents and instances as the server sends them, for tests that need no server. */

/** @typedef {import("../../app/canvas/model/document.js").Instance} Instance */
/** @typedef {import("../../app/canvas/model/document.js").ImageDocument} ImageDocument */

export const SQUARE = [0, 0, 10, 0, 10, 10, 0, 10];

/** @param {Partial<Instance>} [fields] @returns {Instance} */
export function instanceOf(fields = {}) {
  return {
    id: 1,
    image_id: 7,
    category_id: 1,
    bbox: [0, 0, 10, 10],
    area: 100,
    segmentation: [SQUARE],
    iscrowd: 0,
    keypoints: [],
    num_keypoints: 0,
    score: null,
    source: "manual",
    status: "accepted",
    model: null,
    revision: 3,
    ...fields,
  };
}

/** @param {...Instance} instances @returns {ImageDocument} */
export function documentOf(...instances) {
  return {
    image: { image_id: 7, file_name: "a.png", width: 100, height: 50, status: "in_progress" },
    instances,
    categories: [
      { id: 1, name: "dog", color: "#ff0000", keypoints: [], skeleton: [] },
      { id: 2, name: "ball", color: "#00ff00", keypoints: [], skeleton: [] },
    ],
    revision: 3,
    can_undo: false,
    can_redo: false,
  };
}
