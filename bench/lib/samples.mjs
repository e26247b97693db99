// What for: what was measured, by measure and server, and the middle and range of it.
// Not here: what it should be (rows.mjs).

/** @typedef {{ value: number, range: [number, number] }} Summary */

export class Samples {
  #all = new Map();

  add(measure, server, value) {
    if (!Number.isFinite(value)) throw new Error(`${measure} of ${server} is no number.`);
    const key = `${measure}\n${server}`;
    if (!this.#all.has(key)) this.#all.set(key, []);
    this.#all.get(key).push(value);
  }

  /** @returns {Summary | undefined} */
  of(measure, server) {
    const values = this.#all.get(`${measure}\n${server}`)?.toSorted((one, other) => one - other);
    if (values === undefined) return undefined;
    const middle = values.length / 2;
    const value = values.length % 2 === 1 ? values[Math.floor(middle)] : (values[middle - 1] + values[middle]) / 2;
    return { value, range: [values[0], values.at(-1)] };
  }
}
