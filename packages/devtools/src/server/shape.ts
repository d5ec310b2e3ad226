/** How deep lists and objects of a page's message may lie in one another. */
const depthMax = 8;

/**
 * Whether the lists and objects of a message have as much in them as they say, and are not too deep: a few
 * bytes could otherwise claim memory for millions of fields. Reads msgpack headers only; the decoder does
 * the rest.
 */
export function isSound(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Entries that each open list or object still waits for. */
  const open: number[] = [];
  let at = 0;
  do {
    if (at >= bytes.byteLength) return false;
    const entries = entriesAt(view, at);
    at += sizeAt(view, at);
    if (entries > 0 && open.push(entries) > depthMax) return false;
    if (entries === 0) close(open);
  } while (open.length > 0);
  return at === bytes.byteLength;
}

/** An entry is done, and with it what it was the last one of. */
function close(open: number[]): void {
  while (open.length > 0) {
    const left = (open.pop() ?? 0) - 1;
    if (left > 0) {
      open.push(left);
      return;
    }
  }
}

/** Of a list or an object; 0 for everything else. A field counts as two. */
function entriesAt(view: DataView, at: number): number {
  const type = view.getUint8(at);
  if (type >= 0x80 && type <= 0x8f) return 2 * (type & 0x0f);
  if (type >= 0x90 && type <= 0x9f) return type & 0x0f;
  if (type === 0xdc) return lengthAt(view, at, 2);
  if (type === 0xdd) return lengthAt(view, at, 4);
  if (type === 0xde) return 2 * lengthAt(view, at, 2);
  return type === 0xdf ? 2 * lengthAt(view, at, 4) : 0;
}

/** Bytes after the type of everything from 0xc0 on: of a length, and beside it. */
const lengthBytes: readonly number[] = [
  0, 0, 0, 0, 1, 2, 4, 1, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 0, 0, 0, 0,
];
const fixedBytes: readonly number[] = [
  0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17, 0, 0, 0, 2, 4, 2, 4,
];

/** Bytes of what lies there, without the entries of lists and objects. */
function sizeAt(view: DataView, at: number): number {
  const type = view.getUint8(at);
  if (type >= 0xa0 && type <= 0xbf) return 1 + (type & 0x1f);
  if (type < 0xc0 || type >= 0xe0) return 1;
  const width = lengthBytes[type - 0xc0] ?? 0;
  return 1 + width + (fixedBytes[type - 0xc0] ?? 0) + (width === 0 ? 0 : lengthAt(view, at, width));
}

/** A length that is cut off is longer than any: the message ends before what it promises. */
function lengthAt(view: DataView, at: number, width: number): number {
  if (at + 1 + width > view.byteLength) return Infinity;
  if (width === 1) return view.getUint8(at + 1);
  return width === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
}
