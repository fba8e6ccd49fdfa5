// The arithmetic of a list of which only what is seen is drawn. Rows have one height, but for a few that were opened.

export class RowWindow {
  /** `height` is that of a row in pixels. */
  constructor(height) {
    this.height = height;
    this.count = 0;
    // By index: how much higher an opened row is than the others.
    this.extras = new Map();
  }

  /** The height of everything. */
  total() {
    let total = this.count * this.height;
    for (const [index, extra] of this.extras) if (index < this.count) total += extra;
    return total;
  }

  /** Where a row begins. */
  top(index) {
    let top = index * this.height;
    for (const [opened, extra] of this.extras) if (opened < index) top += extra;
    return top;
  }

  heightOf(index) {
    return this.height + (this.extras.get(index) ?? 0);
  }

  /** The row at a height, within those that there are. */
  at(y) {
    let low = 0;
    let high = Math.max(0, this.count - 1);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.top(middle) <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The rows that are seen, `[first, end)`, with some before and after so that scrolling finds them drawn. */
  seen(scrollTop, viewHeight, margin = 8) {
    if (this.count === 0) return [0, 0];
    const first = Math.max(0, this.at(scrollTop) - margin);
    const end = Math.min(this.count, this.at(scrollTop + viewHeight) + 1 + margin);
    return [first, end];
  }

  /** How far to scroll so that a row is seen whole; as little as possible. */
  reveal(index, scrollTop, viewHeight) {
    const top = this.top(index);
    const bottom = top + this.heightOf(index);
    if (top < scrollTop) return top;
    return bottom > scrollTop + viewHeight ? Math.min(top, bottom - viewHeight) : scrollTop;
  }
}
