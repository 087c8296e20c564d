// @ts-check
// Which items of a list are selected, as in a file manager: one, a range, all.

export class Selection {
  constructor() {
    /** @type {Set<string>} */
    this.ids = new Set();
    /** The item that a range starts at. @type {string | null} */
    this.anchor = null;
  }

  get size() {
    return this.ids.size;
  }

  /** @param {string} id */
  has(id) {
    return this.ids.has(id);
  }

  /** Selects what is not, and the other way round. @param {string} id */
  toggle(id) {
    if (!this.ids.delete(id)) this.ids.add(id);
    this.anchor = id;
  }

  /** Selects everything from the anchor to `id`. @param {string[]} order of the list @param {string} id */
  extendTo(order, id) {
    const from = this.anchor === null ? -1 : order.indexOf(this.anchor);
    const to = order.indexOf(id);
    if (from < 0) return this.toggle(id);
    for (const each of order.slice(Math.min(from, to), Math.max(from, to) + 1)) this.ids.add(each);
  }

  /** @param {string[]} ids */
  set(ids) {
    this.ids = new Set(ids);
    this.anchor = ids[0] ?? null;
  }

  /** Lets go of those that are not there any more. @param {string[]} order */
  keepOnly(order) {
    const there = new Set(order);
    this.ids = new Set([...this.ids].filter((id) => there.has(id)));
  }
}
