/** Simplified Chinese: the texts of the panel at the side. */

/** @type {typeof import("../en/side.js").attributes} */
export const attributes = {
  attributes: "属性",
  text: "text",
};

/** @type {typeof import("../en/side.js").bulk} */
export const bulk = {
  group: "编组",
  acceptTheProposalsAmongThem: "接受其中的提议",
  accept: (proposed) => `接受 ${proposed} 个`,
  showAll: "全部显示",
  hideAll: "全部隐藏",
  show: "显示",
  hide: "隐藏",
  unlockAll: "全部解锁",
  lockAll: "全部锁定",
  unlock: "解锁",
  lock: "锁定",
  oneObjectOfAll: "合为一个对象",
  merge: "合并",
  cutTheOthersOutOf: "从最先选择的对象中剪去其他对象",
  subtract: "剪去",
  duplicateAll: "全部创建副本",
  duplicate: "创建副本",
  deleteAll: "全部删除",
  delete: "删除",
  objectsSelected: (instances) => `已选择 ${instances} 个对象`,
  aClassChosenAboveOr: "在上方或按 1 – 9 选择的类别将用于全部。",
};

/** @type {typeof import("../en/side.js").classes} */
export const classes = {
  whichAreListed: "列出哪些类别",
  allOfThem: "全部",
  onThisImage: "此图像上的",
  inUse: "使用中的",
  searchOrMakeAClass: "搜索或创建类别",
  classOfNewAndSelected: "新对象和所选对象的类别",
  noClassesYetTypeA: "还没有类别：在上方输入名称并按 Enter。",
  newClass: "新建类别",
  changeTheChosenClass: "修改所选类别",
  makeClass: (name) => `创建类别 ${name}`,
  make: (name) => `创建“${name}”`,
  changeClass: (name) => `修改类别 ${name}`,
  key: (key) => `按键 ${key}`,
  makingTheClass: "正在创建类别",
  thereIsNoClassYet: "还没有类别：由审核员创建。",
  makeAClassFirstType: "请先创建类别：输入名称并按 Enter。",
  classes: "类别",
};

/** @type {typeof import("../en/side.js").inspector} */
export const inspector = {
  selectedObject: "所选对象",
  accept: "接受",
  toPolygon: "转为多边形",
  fewerPointsAsFarAs: "减少点数，以当前缩放级别看不出差别为限",
  simplify: "简化",
  duplicate: "创建副本",
  show: "显示",
  hide: "隐藏",
  unlock: "解锁",
  lock: "锁定",
  delete: "删除",
  keypoints: "关键点",
  visibilityOf: (name) => `${name} 的可见性`,
  px: (width, height) => `${width} × ${height} px`,
  points: (points, parts) => `${points} 个点${parts > 1 ? `，${parts} 个部分` : ""}`,
  pixelMask: "像素掩码",
  boxOnly: "仅框",
  score: (score) => `分数 ${score}`,
  cutBeneath: "从下方的对象中剪去它",
};

/** @type {typeof import("../en/side.js").provenance} */
export const provenance = {
  drawn: "绘制",
  corrected: "修正",
  proposed: "提议",
  accepted: "已接受",
};

/** @type {typeof import("../en/side.js").objects} */
export const objects = {
  hideOrShowAll: "全部隐藏或显示",
  objectsOnThisImage: "此图像上的对象",
  accept: (name) => `接受 ${name}`,
  show: (name) => `显示 ${name}`,
  hide: (name) => `隐藏 ${name}`,
  unlock: (name) => `解锁 ${name}`,
  lock: (name) => `锁定 ${name}`,
  allProposalsScoreTooLow: "所有提议的分数都过低：按 Y 淡显。",
  noObjectsYetFindObjects: "还没有对象。“查找对象”由模型查找；R 画框，P 画多边形。",
  objects: "对象",
  by: (model) => `（${model}）`,
  score: (score) => `，分数 ${score}`,
  drawnByAPerson: "由人绘制",
  foundCorrectedByAPerson: (by, score) => `模型找到${by}${score}，由人修正`,
  found: (by, score, status) => `模型找到${by}${score}，${status === "proposed" ? "尚未接受" : "由人接受"}`,
  noneOfThese: "这里没有符合的对象。",
  whichAreListed: "列出哪些对象",
  all: "全部",
  hidden: "已隐藏",
  locked: "已锁定",
  selectAllOf: (name) => `选择所有 ${name}`,
  numberAndSize: (number, width, height) => `${number} · ${width} × ${height}`,
};

/** @type {typeof import("../en/side.js").simplify} */
export const simplify = {
  fewerPoints: "减少点数",
  countOfPoints: (pointsIn, total) => `${pointsIn}/${total}`,
  points: "点",
  smooth: "平滑",
  smootherOutline: "使轮廓更平滑",
  howMany: (count) => `${count} 个点`,
};

/** @type {typeof import("../en/side.js").thresholdRow} */
export const thresholdRow = {
  whoseThresholdTheSliderMoves: "滑块调整哪个类别的阈值",
  showProposalsFromThisScore: "显示不低于此分数的提议",
  backToWhatTheModel: "恢复模型校准的阈值",
  proposalsThatScoreTooLow: "分数过低的提议",
  below: "以下",
  clearAllProposalsThatAre: "清除所有显示的提议",
  clear: "清除",
  allClasses: "所有类别",
  byClass: "按类别",
  eachClassHasTheThreshold: "每个类别使用其模型校准的阈值",
  countBelow: (count) => `${count} 个低于`,
  theProposalsThatScoreToo: (ghostsShown, count) =>
    `${ghostsShown ? "隐藏" : "淡显"} ${count} 个分数过低的提议（Y）；按 Q 将其变为对象`,
  proposalsFrom: "提议阈值",
};
