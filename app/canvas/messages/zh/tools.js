/** Simplified Chinese: the texts of the tools. */

/** @type {typeof import("../en/tools.js").anyTool} */
export const anyTool = {
  lockedLUnlocksIt: "已锁定。按 L 解锁。",
};

/** @type {typeof import("../en/tools.js").box} */
export const box = {
  boxMaskByTheModel: "框 → 由模型生成掩码，或仅画框",
  needsAClass: "请先在右侧面板创建类别。",
  itStaysABox: (name) => `在对象（${name}）周围拖出框：它保持为框。`,
  nextBoxOrClick: "在下一个对象周围拖出框。单击为此掩码增补，Shift+单击去除；Ctrl+单击开始绘制新边缘。",
  theModelsGuess: (name) => `模型的猜测${name ? `或 ${name}，取近来更准者` : ""}`,
  theModelFindsItsMask: (choice) =>
    `在对象周围拖出框，或在提议上拖出框以获得更好的掩码（Alt：另建）。类别：${choice}。`,
  takesThePlaceOf: (name) => `为提议的${name}重做掩码`,
  theModelGuessesTheClass: "由模型猜测类别",
  boxesOnlyNoMasks: "仅画框，不生成掩码",
  keepTheBox: "保留框",
  noMaskForThisBox: (line) => `此框没有掩码：${line}。`,
  theModelSeesNoMask: "模型在此看不到掩码：保留为框。",
};

/** @type {typeof import("../en/tools.js").brush} */
export const brush = {
  brush: "画笔",
  eraser: "橡皮擦",
  smallerLargerBrushSoDoes: "缩小、放大画笔；Shift+滚轮亦可",
  paintAwayWhatTheMask: "擦去掩码不应覆盖的部分。[ 和 ] 改变大小。",
  clickTheObjectToErase: "单击要擦除的对象。",
  makeAClassFirstIn: "请先在右侧面板创建类别。",
  paintOnTheMaskOf: (name) => `在所选 ${name ?? "对象"} 的掩码上涂画；按 Esc 后可画新的。`,
  paintANew: (name) => `涂画新的 ${name}。`,
  altErasesAndOrShift: (what) => `${what}按住 Alt 擦除；[ 和 ] 或 Shift+滚轮改变大小。`,
  brushSize: "画笔大小",
  px: (radius) => `${radius} px`,
  andOrShiftWheel: "[ 和 ]，或 Shift+滚轮",
  size: "大小",
  penPressureSetsTheSize: "笔压决定大小",
  lightlyPressedIsThin: "轻压笔画得更细；鼠标和手指按完整大小绘制",
};

/** @type {typeof import("../en/tools.js").keypoints} */
export const keypoints = {
  notLabelled: "未标注",
  hidden: "遮挡",
  visible: "可见",
  thisKeypointHasNoPlace: "此关键点还没有位置：请单击它所在之处。",
  keypoints: "关键点",
  clickTheObjectThatThe: "单击关键点所属的对象。",
  hasNoKeypointsNameThem: (name) => `“${name}”没有关键点。请用类别旁的铅笔为其命名。`,
  dragMovesAPointRight: "拖动可移动点；右键单击或 X：可见、遮挡、未标注。",
  allKeypointsArePlaced: (rest) => `所有关键点都已放置。${rest}`,
  clickRightClickHidden: (keypoint, rest) => `单击：${keypoint}（右键单击：遮挡）。${rest}`,
  swapLeftAndRight: "交换左右关键点",
  noLeftAndRight: "请选择关键点名称分左右的对象。",
  keypointsOfAnObject: "对象的关键点；或逐点创建新对象",
  skipThisKeypoint: "跳过此关键点",
  placeItMirrored: "按另一侧对应点的镜像位置放置",
  takeTheLastBack: "撤回上一个关键点",
  theObjectIsDone: "完成对象，保留已有的关键点",
  shiftClickToo: "将关键点放置为“被遮挡”；Shift+单击或右击亦可",
  skip: "跳过",
  mirrored: "镜像",
  back: "后退",
  done: "完成",
  /** @param {string} keypoint */
  clickTheNext: (keypoint) => `单击：${keypoint}（Shift 或右击：被遮挡）。句点跳过，退格后退，回车结束，Esc 放弃。`,
  /** @param {string} keypoint @param {string} name */
  clickTheFirst: (keypoint, name) =>
    `单击新对象（${name}）的${keypoint}，或单击缺少关键点的对象；Alt+单击总是开始新对象。`,
  nothingToMirror: "没有可镜像的内容：下一个关键点需要另一侧的对应点和一条中线。",
  thePointsThatYouBegan: "已开始的关键点会保留：按 K 继续，再按 Esc 放弃。",
};

/** @type {typeof import("../en/tools.js").maskClicks} */
export const maskClicks = {
  refiningTheMask: "正在改进掩码",
  deleteTheObject: "删除对象",
  thisClickWouldLeaveNothing: "此次单击会使掩码一点不剩。",
  clicksWentWithTheirObject: (count) => `${count} 次等待应答的单击已取消：其间对象已被删除或锁定。`,
};

/** @type {typeof import("../en/tools.js").newMask} */
export const newMask = {
  lookingAtTheClicks: "正在处理单击",
  lookingForOthers: "正在查找更大和更小的对象",
  nothingLarger: "模型看不到这些单击可能所指的更大的对象：请继续单击，或画一个框（R）。",
  nothingSmaller: "模型看不到这些单击可能所指的更小的对象：Shift+单击可去除。",
};

/** @type {typeof import("../en/tools.js").polygon} */
export const polygon = {
  polygon: "多边形",
  clickTheFirstPointDouble: "单击第一个点、双击或按 Enter 闭合。Backspace 撤回最后一个点，Esc 取消。",
  clickTheNextPoint: {
    new: "这会成为新对象：单击下一个点，或按住按键绘制。",
    part: "这会添加到所选对象：单击下一个点，或按住按键绘制。",
    cut: "这会从所选对象中剪去：单击下一个点，或按住按键绘制。",
    anew: "重新绘制所选对象：单击下一个点。类别、属性和关键点保持不变。",
  },
  whatItBecomes: {
    new: "新对象。",
    part: "添加到所选对象。",
    cut: "从所选对象中剪去。",
    anew: "重新绘制所选对象。",
  },
  clickAroundTheObjectHold: (name) => `沿对象（${name}）周围单击。按住按键可自由绘制。`,
  orOfTheSelectedOne: (name) =>
    `沿对象（${name}）周围单击。第一个点按住 Shift：添加到所选对象；按住 Ctrl：从中剪去；按住 Alt：重新绘制该对象。`,
  makeAClassFirstIn: "请先在右侧面板创建类别。",
  aPolygonNeedsAtLeast: "多边形至少需要三个点围成一块面积。",
  nothingWasCutOut: "没有剪去任何部分：您绘制的区域在对象之外。",
  thePolygonThatYouBegan: "已开始的多边形会保留：按 P 继续，之后按 Esc 放弃。",
};

/** @type {typeof import("../en/tools.js").refine} */
export const refine = {
  larger: "更大",
  smaller: "更小",
  aLargerObject: "单击可能所指的更大的对象；也可用 Shift+滚轮",
  aSmallerObject: "单击可能所指的更小的对象",
  firstClickSomething: "请先用 M 单击一个对象：然后 > 和 < 选择更大或更小的对象。",
  outlineOrMendByClicks: "点选勾勒或修补",
  outlineAnObjectByClicks: "通过单击勾勒对象，或修补所选掩码",
  clickAddsShiftClickTakes: (name) =>
    `${name ? `将成为新的“${name}”；1 – 9 或 0 更改类别。` : ""}单击增加，Shift+单击去除，Backspace 撤回一次单击；> 和 < 选择更大或更小的对象。Enter 保留，Esc 放弃。`,
  clickSomethingToOutlineIt: (name) =>
    `单击某物以勾勒它${name ? `（${name}；1 – 9 或 0 更改类别）` : ""}，或单击对象以修补其掩码。`,
  keptClickTheNext: "已保留。单击下一个对象以勾勒它；在此对象内单击和 Shift+单击可修补。Esc 结束。",
  clickAddsToTheMask: "单击为掩码增补，Shift+单击去除；Ctrl+单击开始绘制新边缘。Ctrl+Z 撤回一次单击，Esc 结束。",
};

/** @type {typeof import("../en/tools.js").clickMeaning} */
export const clickMeaning = {
  whatAClickDoes: "单击对掩码的作用",
  add: "增加",
  takeAway: "去除",
  newEdge: "新边缘",
  clicksAdd: "单击增加该处；按住 Shift 则去除",
  clicksTakeAway: "单击去除该处，如同按住 Shift；按住 Shift 则增加",
  clicksDrawTheEdge: "单击重新绘制一段边缘，移出掩码再回来，如同按住 Ctrl",
  done: "完成",
  theObjectIsDone: "此对象已完成；下一次单击开始另一个",
};

/** @type {typeof import("../en/tools.js").newEdge} */
export const newEdge = {
  added: "沿真实边缘单击并回到掩码内：两者之间的部分会被加入。",
  cutOff: "沿真实边缘单击并再次移出掩码：其外的部分会被剪去。",
  enclosesNothing: "未作更改：此线与掩码之间没有任何区域。",
};

/** @type {typeof import("../en/tools.js").select} */
export const select = {
  selectMoveReshape: "选择、移动、变形",
  clickAnObjectToSelect: "单击选择对象；拖出选框可选多个。滚轮缩放，空格+拖动平移。",
  selected19ClassEnter: (selection) =>
    `已选择 ${selection} 个：1 – 9 类别，Enter 接受，Del 删除，H 隐藏，L 锁定。拖动移动全部，Shift+单击加入或移出。`,
  dragMovesTheMaskIts: "拖动可移动掩码，拖动其外框可拉伸。双击转为多边形，其点可拖动。",
  dragACornerOrA: "拖动角或边；R 画出的框会变为掩码。",
  dragPointsClickAnEdge: "拖动点、内部或外框。单击边添加点，Shift+单击移除点，Ctrl+单击选择多个点。",
  aPolygonKeepsAtLeast: "多边形至少保留三个点。Del 删除整个对象。",
  /** @param {number} gone */
  partsWentAlong: (gone) => `对象有 ${gone} 个部分剩余不足三个点，已一并删除。Ctrl+Z 可恢复。`,
  /** @param {number} count */
  pointsSelected: (count) => `已选 ${count} 个点：拖动或方向键移动，Del 删除，Ctrl+单击增减，Esc 取消选择。`,
};

/** @type {typeof import("../en/tools.js").split} */
export const split = {
  splitAlongALine: "沿线分割",
  acrossTheSelected: "画一条线横穿所选对象：两侧各成为一个对象。",
  acrossAnyObject: "画一条线横穿一个对象：两侧各成为一个对象。",
  theSelectedObject: "所选对象",
  anObject: "一个对象",
  nothingWasSplitTheLine: (what) => `未分割：线必须横穿${what}。`,
};

/** @type {typeof import("../en/tools.js").lasso} */
export const lasso = {
  magneticLasso: "磁性套索：线条贴合边缘",
  clickOnTheOutline: (name) =>
    `在对象（${name}）的轮廓上单击：线条沿边缘行进。按住 Shift 添加到所选对象，按住 Ctrl 从中剪去。`,
  makeAClassFirstIn: "请先在右侧面板创建类别。",
  clickTheNextAnchor: "单击线条应固定之处；Alt+单击画直线。Backspace 撤回上一次单击。",
  clickTheFirstAnchor: "单击第一个锚点、双击或按 Enter 闭合。Alt+单击画直线，Backspace 撤回，Esc 放弃。",
  theLineThatYouBegan: "已开始的线条会保留：按 Shift+P 继续，之后按 Esc 放弃。",
};

/** @type {typeof import("../en/tools.js").extremePoints} */
export const extremePoints = {
  fourOutermostPoints: "由四个最外侧的点得到框",
  clickTheOutermost: (done, wanted) => `按任意顺序单击对象最高、最低、最左和最右的点：${done}/${wanted}。`,
};
