/** Which image is open: opening, walking, adding images, and seeing what somebody else changed. */

import * as address from "./address.js";
import * as api from "./model/api.js";
import { Assistant } from "./model/workspace/assistant.js";
import { Editor, failure, lineOf } from "./model/editor.js";
import { bringsAnnotations } from "./model/files.js";
import { ImageList } from "./model/workspace/images.js";
import { remember, remembered } from "./model/preferences.js";
import { SignedIn } from "./model/workspace/signed_in.js";
import { View } from "./view/view.js";
import { texts } from "./messages/texts.js";

const LOOKS = 3; // one in so many looks around is at the other images and the model too
const SLOW = 300; // milliseconds after which an image that is not there yet is said to be coming

/** The part of a `Workbench` that is about images; the tools and what is done to objects come with that. */
export class OpenImages {
  constructor() {
    this.editor = new Editor();
    this.images = new ImageList();
    this.assistant = new Assistant(this.editor, this.images);
    this.view = new View(this.editor);
    this.signedIn = new SignedIn();
    this.opening = 0;
    /** The image that is shown, or on its way: whoever turns on quickly turns on from there. @type {number | null} */
    this.wanted = null;
    this.isTurning = false; // an image is on its way and not seen yet
    this.turningSince = 0;
    this.openedMilliseconds = 0; // from asking for an image to its first frame with objects
    /** The image that was open before this one: what `carryOver` takes objects from. @type {number | null} */
    this.cameFrom = null;
    this.looks = 0;
    /** The image that was open when somebody else removed it. @type {number | null} */
    this.removed = null;
    this.categoriesSeen = ""; // the digest that `lookAround` saw last
    this.editor.on("document", () => this.editor.document && this.images.note(this.editor.document));
  }

  /** What the tool in hand is at comes to an end: another image is turned to. */
  settleTool() {}

  /** Open the image of the address, the last one, or the first that is to be done. */
  async openFirst() {
    const addressed = address.imageOf(location.hash);
    if (addressed !== null && ((await this.open(addressed)) || this.wanted !== null)) return;
    const { images } = this;
    const last = Number(remembered("image", 0));
    const later = last > 0 && !images.find(last) && images.total === null; // perhaps on a page that is still read
    const isThere = later && (await api.getRevision(last).catch(() => null));
    const first = isThere ? last : (images.find(last) ?? images.nextUnreviewed(null) ?? images.rows[0])?.image_id;
    if (first !== undefined && this.wanted === null) await this.open(first);
  }

  /** @param {number} id @returns {Promise<boolean>} whether it is shown */
  async open(id) {
    const started = performance.now();
    const opening = ++this.opening;
    this.wanted = id;
    this.removed = null;
    if (!this.isTurning) this.turningSince = started;
    this.isTurning = true;
    this.settleTool();
    const row = this.images.find(id);
    const slow = setTimeout(() => {
      if (opening === this.opening) this.editor.emit("loading", row?.file_name ?? "");
    }, SLOW);
    try {
      const decoding = row && this.view.imageLayer.load(api.pictureUrl(row), () => this.view.redraw());
      decoding?.catch(() => {}); // reported below, by show()
      const document = await this.editor.load(id);
      if (opening !== this.opening) return false;
      this.leave(id);
      const first = this.editor.image === null;
      this.editor.open(document);
      this.images.note(document);
      remember("image", id);
      if (this.view.root.offsetParent) address.say(id, first); // else the address is of another tab
      await this.view.show(api.pictureUrl(document.image), document.image);
      if (opening !== this.opening) return false;
      requestAnimationFrame(() => {
        this.openedMilliseconds = performance.now() - started;
      });
      this.assistant.opened(document);
      this.readAhead(id);
      return true;
    } catch (error) {
      if (opening !== this.opening) return false;
      this.wanted = this.editor.image?.image_id ?? null;
      this.editor.emit("notice", failure(texts.openImages.image(id, lineOf(error)), error));
      return false;
    } finally {
      clearTimeout(slow);
      if (opening === this.opening) {
        this.isTurning = false;
        this.editor.emit("loading", null);
      }
    }
  }

  /** Another image comes in the place of the open one, where work went on until now. @private @param {number} id of the one that comes */
  leave(id) {
    const left = this.editor.image;
    if (!left || left.image_id === id) return;
    this.cameFrom = left.image_id;
    this.settleTool();
    if (this.view.pressedAt < this.turningSince || this.view.tool?.name === "select") return;
    const actions = [{ label: texts.workbench.goBack, run: () => void this.open(left.image_id) }];
    this.editor.emit("notice", { text: texts.openImages.lastClickWentTo(left.file_name), actions });
  }

  /** Decode the next image while the person is busy with this one. @private @param {number} id */
  readAhead(id) {
    const next = this.images.neighbour(id, 1);
    // A large one would be decoded on the server too, in the place of the one that is worked on.
    if (next && !next.tiles) this.view.imageLayer.load(api.pictureUrl(next), () => {}).catch(() => {});
  }

  /** @param {1 | -1} direction */
  step(direction) {
    if (this.wanted === null) return;
    const row = this.images.neighbour(this.wanted, direction);
    if (row) void this.open(row.image_id);
  }

  nextUnreviewed() {
    const row = this.images.nextUnreviewed(this.wanted);
    if (row) void this.open(row.image_id);
    else
      this.editor.emit("notice", {
        text: this.images.filtered ? texts.openImages.noOtherImageOfThe : texts.openImages.everyImageIsReviewed,
        kind: "success",
      });
  }

  /** @param {File[]} files */
  async upload(files) {
    if (!files.length) return;
    if (bringsAnnotations(files)) return this.editor.emit("importfiles", files);
    const { added, known, errors, notes } = await this.images.upload(files);
    const first = added[0] ?? known[0];
    if (first !== undefined) await this.open(first);
    if (errors.length) {
      this.editor.emit("notice", {
        text: texts.openImages.ofNotAdded(errors.length, files.length),
        lines: [...errors.map(({ error }) => error), ...notes], // each names its file
        kind: "error",
      });
    } else if (notes.length) {
      this.editor.emit("notice", { text: texts.openImages.addedButNotAllOf, lines: notes });
    } else if (known.length) {
      const text =
        known.length === 1
          ? texts.openImages.thatImageIsAlreadyHere
          : texts.openImages.ofThemAreAlreadyHere(known.length);
      this.editor.emit("notice", { text });
    }
  }

  /** The photographs that come with the program: something to try the editor on. */
  async takeSamples() {
    try {
      const [first] = await this.images.takeSamples();
      await this.open(first);
    } catch (error) {
      this.editor.emit("notice", failure(lineOf(error), error));
    }
  }

  /** The page is looked at again: other tabs, other people or a new model may have changed things. */
  async refresh() {
    const { editor, images } = this;
    void this.assistant.askModel(); // another version may be in use by now
    if (!images.loaded || editor.draft || editor.outbox.edits.length) return;
    try {
      await images.read();
      const image = editor.image;
      if (!image) return void (images.rows[0] && (await this.open(images.rows[0].image_id)));
      const document = await editor.load(image.image_id);
      if (
        document.revision !== editor.document?.revision ||
        JSON.stringify(document.categories) !== JSON.stringify(editor.document.categories)
      ) {
        editor.replace(document);
      }
    } catch {
      // nothing is asked of the person here; the next action will say that the server is away
    }
  }

  /** Whether somebody else has changed this image, the classes or the list of images; asked while the person is not at anything. */
  async lookAround() {
    const { editor } = this;
    const image = editor.image?.image_id;
    if (image === undefined || editor.draft || editor.outbox.edits.length || this.view.pressed) return;
    try {
      const { revision, categories } = await api.getRevision(image);
      const changed = revision !== editor.document?.revision || categories !== this.categoriesSeen;
      if (changed && editor.image?.image_id === image && !editor.outbox.edits.length && !this.view.pressed) {
        await editor.reload();
        this.categoriesSeen = categories;
      }
      if (++this.looks % LOOKS) return;
      await this.images.catchUp(image);
      await this.assistant.askModel();
    } catch (error) {
      // That the server is away the next action will say.
      if (error instanceof api.ApiError && error.status === 404) this.sayRemoved(image);
    }
  }

  /** Somebody else has removed the open image: said once. @private @param {number} id */
  sayRemoved(id) {
    const { image } = this.editor;
    if (image?.image_id !== id || this.removed === id) return;
    this.removed = id;
    this.editor.emit("removedelsewhere", image);
  }
}
