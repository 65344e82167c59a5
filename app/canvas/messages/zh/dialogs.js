/** Simplified Chinese: the texts of the dialogs. */

/** @type {typeof import("../en/dialogs.js").classDialog} */
export const classDialog = {
  colour: "颜色",
  noseLeftEyeRightEye: "鼻子\n左眼\n右眼",
  occludedFlagRipenessGreenHalf: "遮挡: flag\n成熟度: 未熟 | 半熟 | 成熟\n重量: number",
  byPlace: "按位置",
  changeClass: "修改类别",
  newClass: "新建类别",
  save: "保存",
  makeClass: "创建类别",
  name: "名称",
  keypointsOneNameOnA: "关键点，每行一个名称（多数类别没有）",
  linesFromPointToPoint: "点与点之间的连线",
  clickTwoPoints: "依次单击两个点即可连线；再次单击同样两点则取消连线。",
  clickTheOtherPoint: (point) => `${point}：单击要与它相连的点，或再次单击它以取消。`,
  skeletonPairsOfKeypointNumbers: "骨架：以线相连的关键点编号对",
  attributesOneOnALine: "属性，每行一个：flag、number、text，或以 | 分隔的选项",
  placeInTheList: "在列表中的位置",
  key: "按键",
  leaveOutOfTheList: "不在列表中显示",
};

/** @type {typeof import("../en/dialogs.js").dialogs} */
export const dialogs = {
  close: "关闭",
  cancel: "取消",
};

/** @type {typeof import("../en/dialogs.js").exchange} */
export const exchange = {
  asAZipWhatThe: "以 .zip 提供；该格式无法容纳的内容列在其中的文本文件里。",
  cocoJson: "COCO JSON",
  polygonsRleWhereThereAre:
    "多边形（有孔处为 RLE）、关键点、您的文件名和类别编号。交付前会用 pycocotools 读回并逐一比对。",
  cocoPanopticJsonAndPng: "COCO 全景（JSON 和 PNG）",
  yoloSegmentation: "YOLO 分割",
  yoloBoxes: "YOLO 框",
  yoloPose: "YOLO 姿态",
  cvatForImages11: "CVAT for images 1.1",
  pascalVocXmlAndPng: "Pascal VOC（XML 和 PNG）",
  viaJson: "VIA(JSON)",
  labelStudioJson: "Label Studio(JSON)",
  maskPngs: "掩码 PNG",
  tableOfObjectsCsv: "对象表格（CSV）",
  everybody: "所有人",
  workedOnBy: "处理者",
  images: "图像",
  allImages: (rows) => `全部 ${rows} 张图像`,
  onlyTheReviewed: (reviewed) => `仅 ${reviewed} 张已审核的`,
  objects: "对象",
  whatAPersonDrewCorrected: "由人绘制、修正或接受的对象",
  alsoProposalsThatNobodyHas: "也包括无人接受的提议及其分数",
  withTheImageFilesAs: "连同图像文件，打包为 .zip",
  onlyUsedClasses: "只含有对象的类别",
  format: "格式",
  export: "导出",
  download: "下载",
  cocoJsonOrOtherAnnotation: "COCO JSON 或其他标注文件及其图像",
  cocoJsonOrAnotherTools: "COCO JSON 或其他工具的文件；图像若尚未添加，可一并提供（或全部打包为 .zip）",
  theImagesBecome: "图像将变为",
  reviewedWhereAllTheirObjects: "已审核（其对象全部导入时）：已完成的工作",
  inProgressSomebodyShouldLook: "进行中：应由人再看一遍",
  whatTheyWere: "保持原状",
  withObjectsThatAreHere: "对于已有的对象",
  mergeWhatTheSameFile: "合并：更新同一文件之前带来的内容，保留人工修改",
  addNothingThatIsHere: "添加：已有内容不变",
  replaceOfTheImagesIn: "替换：文件所含图像只保留文件中的对象",
  crowdsAreSingleObjects: "文件中标为群体的掩码是单个对象（CVAT 画笔）",
  importAnnotations: "导入标注",
  import: "导入",
  chooseAnAnnotationFileFirst: "请先选择标注文件。",
  more: (annotations) => `另外 ${annotations} 个`,
  noAnnotationFileAmongThem: "其中没有标注文件",
  andImages: (all) => `和 ${all} 张图像`,
  imagesThatAreHereAlready: "已有的图像按文件名识别，其他图像可一并提供。",
  willStore: (summary) => `将存入 ${summary}。`,
  countObjects: (objects) => `${objects} 个对象`,
  countImages: (images) => `${images} 张图像`,
  countLines: (lines) => `${lines} 行`,
  countOn: (objects, images) => `${images}上的 ${objects}`,
  update: (updated) => `更新 ${updated} 个`,
  remove: (removed) => `移除 ${removed} 个`,
  findHereBefore: (alreadyThere) => `${alreadyThere} 个已存在`,
  takeIn: (count) => `收入 ${count}`,
  leaveOutOrChangeWhat: (count) => `略去或更改 ${count}说明中的内容`,
  wereHereBefore: (alreadyThere) => `，${alreadyThere} 个原已存在`,
  updated: (updated) => `更新 ${updated} 个`,
  removed: (removed) => `移除 ${removed} 个`,
  objectsOnImagesImported: (annotations, images, again, more, errors) =>
    `已导入 ${images} 张图像上的 ${annotations} 个对象${again}${more}。${errors ? `${errors} 处被略去或更改：` : ""}`,
};

/** @type {typeof import("../en/dialogs.js").help} */
export const help = {
  keysAndMouse: "按键和鼠标",
  aClickChangesAKey: "单击某个按键即可更改；此浏览器会记住。",
  allKeysAsTheyWere: "恢复所有按键",
  changeThisKey: "更改此按键",
  changeTheKeyOf: (key, label) => `${key}：更改“${label}”的按键`,
  pressTheNewKey: (key) => `请按下 ${key} 的新按键；Esc 保持不变。`,
  keyIsTaken: (pressed, label) => `${pressed} 已被占用：${label}。`,
  keyIsChanged: (key) => `现在是 ${key}。`,
};

/** @type {typeof import("../en/dialogs.js").importProgress} */
export const importProgress = {
  receivingFiles: "正在接收文件",
  readingAnnotations: "正在读取标注",
  storingImages: "正在存储图像",
  writingToTheDisk: "正在写入磁盘",
  checkingObjects: "正在检查对象",
  storingObjects: "正在逐张图像存储对象",
  progress: (words, done, total) => `${words}：${done}/${total}`,
};
