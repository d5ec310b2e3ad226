import type { RowsWire } from '@troupe/core/telemetry';

/** Finds what has changed in a table since it was asked last. The buffers are its own and used again. */
export class ChangedRows {
  readonly #columns: number;
  #last: Float64Array = new Float64Array(0);
  #rows: Uint32Array = new Uint32Array(0);
  #values: Float64Array = new Float64Array(0);

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** The first time, and when the table has another length, that is all of it. Valid until the next call. */
  of(table: Float64Array): RowsWire {
    if (table.length !== this.#last.length) return this.#all(table);
    const columns = this.#columns;
    const last = this.#last;
    let found = 0;
    for (let row = 0, at = 0; at < table.length; row++, at += columns) {
      if (!differs(table, last, at, at + columns)) continue;
      this.#rows[found] = row;
      const to = found * columns;
      for (let column = 0; column < columns; column++) {
        const value = table[at + column]!;
        this.#values[to + column] = value;
        last[at + column] = value;
      }
      found += 1;
    }
    return { rows: this.#rows.subarray(0, found), values: this.#values.subarray(0, found * columns) };
  }

  #all(table: Float64Array): RowsWire {
    this.#last = table.slice();
    this.#values = table.slice();
    this.#rows = Uint32Array.from({ length: table.length / this.#columns }, (_, row) => row);
    return { rows: this.#rows.slice(), values: this.#values };
  }
}

function differs(a: Float64Array, b: Float64Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!Object.is(a[at], b[at])) return true;
  return false;
}
