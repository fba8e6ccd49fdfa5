// What is not saved yet outlives a reload of the page: a text, the input and the answers of its runs.

/** A place in the browser's session for one machine, or for the text without one. */
export class Draft {
  constructor(name) {
    this.key = `asl-console.draft.${name}`;
  }

  /** What was kept, or null. */
  read() {
    try {
      return JSON.parse(sessionStorage.getItem(this.key));
    } catch {
      return null;
    }
  }

  /** Keeps some members, and the others as they are; one that is undefined is forgotten. Whether the browser keeps it. */
  keep(members) {
    try {
      const all = { ...this.read(), ...members };
      if (Object.values(all).every((value) => value === undefined)) sessionStorage.removeItem(this.key);
      else sessionStorage.setItem(this.key, JSON.stringify(all));
      return true;
    } catch {
      return false;
    }
  }
}
