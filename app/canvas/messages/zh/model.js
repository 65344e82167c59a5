/** Simplified Chinese: the texts of what the editor does by itself. */

/** @type {typeof import("../en/model.js").answers} */
export const answers = {
  anEditOnAnotherImage: "另一张图像上的一处修改遇到了更新的改动，未能保存。",
  wasElsewhereYourEditOf: (name, current) => `“${name}”已在别处被${current ? "修改" : "删除"}；您对它的修改未保存。`,
  imageIsGone: (name, fileName) => `“${name}”未保存：${fileName} 已在别处被移除。`,
  object: "对象",
  deleteIt: "删除",
  useMine: "用我的",
  bringMineBack: "恢复我的",
  notSaved: (line) => `未保存：${line}`,
};

/** @type {typeof import("../en/model.js").api} */
export const api = {
  theServerAnswered: (status) => `服务器返回 ${status}`,
  theServerDoesNotAnswer: "服务器没有响应",
  theAnswerWasCutOff: "响应中断",
};

/** @type {typeof import("../en/model.js").editor} */
export const editor = {
  cannotNow: (direction, message) => `现在无法${direction === "undo" ? "撤销" : "重做"}：${message}。`,
  takeTheirsBack: "撤回他人的修改",
  nothingOfYoursIsLeft: (direction) =>
    `这里没有您的操作可${direction === "undo" ? "撤销" : "重做"}：最后一次修改来自他人。`,
  nothingWas: (direction, error) => `未能${direction === "undo" ? "撤销" : "重做"}：${error}。`,
};

/** @type {typeof import("../en/model.js").outbox} */
export const outbox = {
  notEverythingIsSavedYet: "尚未全部保存",
  discardedTheServerCouldNot: "已放弃：服务器无法保存",
  oneOfTheObjectsWas: "其中一个对象已在别处修改，因此全部保持不变",
};

/** @type {typeof import("../en/model.js").arrange} */
export const arrange = {
  selectWhatIsToLieElsewhere: "请先选择要置于最前或最后的对象。",
  liesInFrontAlready: "它已在最前面。",
  liesAtTheBackAlready: "它已在最后面。",
  selectAGroupFirst: "选中的对象都不属于任何编组。",
  selectSeveralObjectsFirstShift: "请先选择多个对象：Shift+单击，或用选框框住它们。",
  selectTheObjectToKeep: "请选择要保留的对象，再 Shift+单击要从中剪去的对象。",
  theOthersCoverNothingOf: "其他对象没有覆盖最先选择的对象。",
  selectTheObjectOnTop: "请先选择位于上方的对象。",
  nothingLiesBeneath: "它下方没有显示的对象。",
};

/** @type {typeof import("../en/model.js").assistant} */
export const assistant = {
  theServerIsBack: "服务器已恢复应答：模型现在查看此图像。",
  findingObjects: (line) => `查找对象：${line}`,
  theModelFoundNothingHere: (instances) =>
    `模型在此没有找到${instances ? "新的" : ""}对象。请在对象周围拖出框（R），或直接绘制（P）。`,
  theModelIsSureOf: (below) => `模型对此图像没有把握。按 Y 淡显 ${below} 个不确定的提议；R 和 M 可借助模型绘制。`,
  proposalsYourOwnWorkWas: (proposals) => `${proposals} 个提议。您自己的工作保持不变。`,
};

/** @type {typeof import("../en/model.js").imageFilter} */
export const imageFilter = {
  withOpenNotes: "有未处理备注",
  returned: "已退回",
  changedSinceReview: "审核后有改动",
  keptOutOfTraining: "不用于训练",
  unsureProposals: "提议平均分数低于 70 %",
};
