/** Simplified Chinese: the texts of the bars and panels around the canvas. */

/** @type {typeof import("../en/panels.js").announcer} */
export const announcer = {
  nothingSelected: "未选择对象",
  locked: "，已锁定",
  hidden: "，已隐藏",
  object: "对象",
  objectsSelected: (selection) => `已选择 ${selection} 个对象`,
  madeWay: (gone) => `已移除 ${gone} 个对应的提议`,
  described: (name, provenance, score, flags, place, visible) =>
    `${name}，${provenance}${score}${flags}，第 ${place} 个，共 ${visible} 个`,
  objects: (count) => `${count} 个对象`,
  deleted: (what, left) => `已删除 ${what}，还剩 ${left} 个`,
  undone: (what) => `已撤销：${what}`,
  redone: (what) => `已重做：${what}`,
  isBack: (what) => `${what} 已恢复`,
  isGone: (what) => `${what} 已移除`,
  isOther: (what) => `${what} 已更改`,
};

/** @type {typeof import("../en/panels.js").bars} */
export const bars = {
  allImages: "所有图像",
  previousImage: "上一张图像",
  nextImage: "下一张图像",
  removeThisImageItGoes: "移除此图像：移入回收站",
  undo: "撤销",
  redo: "重做",
  letTheModelLookAt: "让模型查看此图像",
  findObjects: "查找对象",
  proposeTheLastImagesObjects: "将上一张图像的对象提议到这里",
  runTheModelByItself: "对无人处理过的图像自动运行模型",
  auto: "自动",
  addImages: "添加图像",
  importCocoAnnotations: "导入 COCO 标注",
  exportCocoJson: "导出 COCO JSON",
  export: "导出",
  keysAndMouse: "按键和鼠标",
  acceptWhatIsLeftAnd: "接受剩余提议并继续",
  markReviewed: "标记为已审核",
  pixels: (fileName, width, height) => `${fileName}，${width} × ${height} 像素`,
  changedSince: "之后有改动",
  returned: "已退回",
  /** @param {string} status @param {string} standing */
  statusAndStanding: (status, standing) => `${status}：${standing}`,
  openAgain: "重新打开",
  reviewAgain: "重新审核",
  finding: "正在查找…",
  fitTheImage: "适应窗口",
  strengthOfTheMaskColours: "掩码颜色的浓度",
  tools: "工具",
  giveUpTheEditThat: "放弃服务器一再拒绝的修改",
  discardIt: "放弃",
  annotator: "标注员",
  reviewer: "审核员",
  admin: "管理员",
  personAndRole: (person, role) => `${person}（${role}）`,
  whoYouAreSignedIn: "您的登录身份和角色",
  saved: "已保存",
  saving: "正在保存…",
  notSavedRetrying: (count) => `未保存，正在重试（${count}）`,
  nothingIsLostKeptIn: (reason, count) =>
    `${reason}。没有丢失任何内容：${count} 处修改保存在此浏览器中。单击可立即重试。`,
  everyEditIsSavedAt: "每次修改都会立即保存。",
  findingObjects: "正在查找对象",
  findingObjectsOnImages: (waiting) => `正在 ${waiting} 张图像上查找对象`,
  modelIsLoading: "正在加载模型…",
  noModel: "无模型",
  theModelThatProposesObjects: "提议对象和掩码的模型",
  filteredOfImagesGChanges: (shown, rows) => `已筛选：${rows} 张图像中的 ${shown} 张（按 G 更改筛选）`,
  acceptReview: "接受审核",
  acceptTheReviewOf: (person) => `接受 ${person} 的审核，并转到下一项审核`,
  openAgainAndWork: "重新打开图像以继续处理",
};

/** @type {typeof import("../en/panels.js").imagePanel} */
export const imagePanel = {
  title: "此图像的备注和标签",
  tags: "标签",
  addATag: "添加标签",
  notes: "备注",
  aNote: "备注",
  writeTheNote: "写下备注",
  addNote: "添加备注",
  theImageGoesBackTo: "图像附此备注退回处理",
  returnWithNote: "附备注退回",
  thisImage: "此图像",
  close: "关闭",
  keepOutOfTraining: "不用于训练",
  saving: "正在保存",
  writeFirstWhatThereIs: "请先写下要说的话。",
  savingTheNote: "正在保存备注",
  returnedTheFilterReturnedLists: "已退回：在重新审核之前，筛选“已退回”会列出它。",
  deletingTheNote: "正在删除备注",
  noteDeleted: "备注已删除。",
  bringBack: "还原",
  done: (text) => `已处理：${text}`,
  selectThe: (about) => `选择 ${about}`,
  deleteTheNote: (text) => `删除备注“${text}”`,
  titleWithOpenNotes: (left) => `此图像的备注和标签${left ? `，${left} 条未处理` : ""}`,
  takeTheTagAway: (tag) => `去掉标签 ${tag}`,
  theSelected: (name) => `所选的 ${name ?? "对象"}`,
  theImage: "此图像",
  object: "对象",
  image: "图像",
  returned: "已退回",
  aNoteOn: (subject) => `关于${subject}的备注`,
};

/** @type {typeof import("../en/panels.js").notices} */
export const notices = {
  dismiss: "关闭提示",
};

/** @type {typeof import("../en/panels.js").language} */
export const language = {
  language: "语言",
  likeTheBrowser: "跟随浏览器",
  thePageIsReadAgain: "页面将以该语言重新加载，不会丢失任何内容。",
};

/** @type {typeof import("../en/panels.js").viewOptions} */
export const viewOptions = {
  darkest: "最暗",
  brightest: "最亮",
  brightness: "亮度",
  contrast: "对比度",
  showThePictureAsIt: "按原样显示图片",
  reset: "重置",
  viewOptions: "视图选项",
  outlinesOnly: "仅轮廓",
  namesOfObjects: "对象名称",
  overviewWhenZoomed: "放大时显示概览",
  gamma: "伽马",
  channel: "通道",
  allChannels: "全部",
  red: "红",
  green: "绿",
  blue: "蓝",
  fullScreen: "全屏",
};
