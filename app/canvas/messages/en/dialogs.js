/** English: the texts of the dialogs. */

export const classDialog = {
  colour: "Colour",
  noseLeftEyeRightEye: "nose\nleft eye\nright eye",
  occludedFlagRipenessGreenHalf: "occluded: flag\nripeness: green | half | ripe\nweight: number",
  byPlace: "by place",
  changeClass: "Change class",
  newClass: "New class",
  save: "Save",
  makeClass: "Make class",
  name: "Name",
  keypointsOneNameOnA: "Keypoints, one name on a line (none for most classes)",
  linesFromPointToPoint: "Lines from point to point",
  clickTwoPoints: "Click two points: a line joins them; the same two again take it away.",
  /** @param {string} point */
  clickTheOtherPoint: (point) => `${point}: click the point that it is joined with, or itself to let go.`,
  skeletonPairsOfKeypointNumbers: "Skeleton: pairs of keypoint numbers that a line joins",
  attributesOneOnALine: "Attributes, one on a line: flag, number, text, or choices with | between",
  placeInTheList: "Place in the list",
  key: "Key",
  leaveOutOfTheList: "Leave out of the list",
};

export const dialogs = {
  close: "Close",
  cancel: "Cancel",
};

export const exchange = {
  asAZipWhatThe: "As a .zip; what the format cannot carry is listed in a text file in it.",
  cocoJson: "COCO JSON",
  polygonsRleWhereThereAre:
    "Polygons, RLE where there are holes, keypoints, your file names and class ids. It is read back with pycocotools and compared before you get it.",
  cocoPanopticJsonAndPng: "COCO panoptic (JSON and PNG)",
  yoloSegmentation: "YOLO segmentation",
  yoloBoxes: "YOLO boxes",
  yoloPose: "YOLO pose",
  cvatForImages11: "CVAT for images 1.1",
  pascalVocXmlAndPng: "Pascal VOC (XML and PNG)",
  viaJson: "VIA (JSON)",
  labelStudioJson: "Label Studio (JSON)",
  superviselyProject: "Supervisely (project)",
  datumaroJson: "Datumaro (JSON)",
  darwinJson: "V7 Darwin (JSON)",
  createmlBoxes: "CreateML boxes",
  maskPngs: "Mask PNGs",
  tableOfObjectsCsv: "Table of objects (CSV)",
  everybody: "Everybody",
  workedOnBy: "Worked on by",
  images: "Images",
  /** @param {number} rows */
  allImages: (rows) => `All ${rows} images`,
  /** @param {number} reviewed */
  onlyTheReviewed: (reviewed) => `Only the ${reviewed} reviewed`,
  objects: "Objects",
  whatAPersonDrewCorrected: "What a person drew, corrected or accepted",
  alsoProposalsThatNobodyHas: "Also proposals that nobody has accepted, with their score",
  withTheImageFilesAs: "With the image files, as a .zip",
  onlyUsedClasses: "Only classes with objects",
  format: "Format",
  export: "Export",
  download: "Download",
  cocoJsonOrOtherAnnotation: "COCO JSON or other annotation files, and their images",
  cocoJsonOrAnotherTools:
    "COCO JSON or another tool's files and, if they are not here yet, their images (or a .zip of all)",
  theImagesBecome: "The images become",
  reviewedWhereAllTheirObjects: "Reviewed, where all their objects arrive: finished work",
  inProgressSomebodyShouldLook: "In progress: somebody should look at them again",
  whatTheyWere: "What they were",
  withObjectsThatAreHere: "With objects that are here already",
  mergeWhatTheSameFile: "Merge: what the same file brought before is updated, a person's edits stay",
  addNothingThatIsHere: "Add: nothing that is here is changed",
  replaceOfTheImagesIn: "Replace: of the images in the file only its objects stay",
  crowdsAreSingleObjects: "Masks that a file calls crowds are single objects (CVAT's brush)",
  importAnnotations: "Import annotations",
  import: "Import",
  chooseAnAnnotationFileFirst: "Choose an annotation file first.",
  /** @param {number} annotations */
  more: (annotations) => `${annotations} more`,
  noAnnotationFileAmongThem: "No annotation file among them",
  /** @param {number} all */
  andImages: (all) => ` and ${all} images`,
  imagesThatAreHereAlready: "Images that are here already are found by their file names; the others can come along.",
  /** @param {string} summary */
  willStore: (summary) => `Will store ${summary}.`,
  /** @param {number} objects */
  countObjects: (objects) => `${objects} ${objects === 1 ? "object" : "objects"}`,
  /** @param {number} images */
  countImages: (images) => `${images} ${images === 1 ? "image" : "images"}`,
  /** @param {number} lines */
  countLines: (lines) => `${lines} ${lines === 1 ? "line" : "lines"}`,
  /** @param {string} objects @param {string} images */
  countOn: (objects, images) => `${objects} on ${images}`,
  /** @param {number} updated */
  update: (updated) => `update ${updated}`,
  /** @param {number} removed */
  remove: (removed) => `remove ${removed}`,
  /** @param {number} alreadyThere */
  findHereBefore: (alreadyThere) => `find ${alreadyThere} here before`,
  /** @param {string} count */
  takeIn: (count) => `take in ${count}`,
  /** @param {string} count */
  leaveOutOrChangeWhat: (count) => `leave out or change what ${count} will name`,
  /** @param {number} alreadyThere */
  wereHereBefore: (alreadyThere) => `, ${alreadyThere} were here before`,
  /** @param {number} updated */
  updated: (updated) => `${updated} updated`,
  /** @param {number} removed */
  removed: (removed) => `${removed} removed`,
  /** @param {number} annotations @param {number} images @param {string} again @param {string} more @param {number} errors */
  objectsOnImagesImported: (annotations, images, again, more, errors) =>
    `${annotations} ${annotations === 1 ? "object" : "objects"} on ${images} ${images === 1 ? "image" : "images"} imported${again}${more}.${errors ? ` ${errors} left out or changed:` : ""}`,
  /** @param {number} count */
  removeProposals: (count) => `remove ${count === 1 ? "1 proposal" : `${count} proposals`} that nobody has confirmed`,
  /** @param {number} count */
  inPlaceOfProposals: (count) =>
    ` in place of ${count === 1 ? "1 proposal" : `${count} proposals`} that nobody had confirmed`,
  /** @param {number} count */
  andMore: (count) => `and ${count} more`,
  /** @param {string} name */
  isWritten: (name) => `${name} is downloaded.`,
  /** @param {string} name @param {string} counted */
  isWrittenAndCompared: (name, counted) => `${name}: ${counted}, read back and compared with what is stored.`,
};

export const help = {
  keysAndMouse: "Keys and mouse",
  aClickChangesAKey: "A click on a key changes it; this browser remembers.",
  allKeysAsTheyWere: "All keys as they were",
  changeThisKey: "Change this key",
  /** @param {string} key @param {string} label */
  changeTheKeyOf: (key, label) => `${key}: change the key of “${label}”`,
  /** @param {string} key */
  pressTheNewKey: (key) => `Press the new key for ${key}; Esc leaves it.`,
  /** @param {string} pressed @param {string} label */
  keyIsTaken: (pressed, label) => `${pressed} is taken: ${label}.`,
  /** @param {string} key */
  keyIsChanged: (key) => `It is ${key} now.`,
};

export const importProgress = {
  receivingFiles: "Receiving files",
  readingAnnotations: "Reading annotations",
  storingImages: "Storing images",
  writingToTheDisk: "Writing to the disk",
  checkingObjects: "Checking objects",
  storingObjects: "Storing objects, image by image",
  /** @param {string} words @param {string} done @param {string} total */
  progress: (words, done, total) => `${words}: ${done} of ${total}`,
};
