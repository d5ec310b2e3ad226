import { allocateFrameRing, FrameWriter, FrameReader, FrameOutlet, Envelope } from '@troupe/mailbox';
const buffer = allocateFrameRing({
  dtype: 'float32',
  shape: [16],
  capacity: Number(process.argv[2] ?? 1024),
});
const w = new FrameWriter(buffer);
const r = new FrameReader(buffer, { capacity: Number(process.argv[2] ?? 1024) });
const o = new FrameOutlet('frames', w, [], 1, 100);
const e = new Envelope();
const plain = Array.from(
  { length: 1024 },
  (_, i) => new Float32Array(new SharedArrayBuffer(65536), i * 64, 16),
);
let sent = 0,
  sum = 0;
function fillOnly(n: number) {
  for (let k = 0; k < n; k++) {
    const f = plain[k & 1023]!;
    for (let i = 0; i < 16; i++) f[i] = sent + i;
    sent++;
  }
}
function writerFill(n: number) {
  for (let k = 0; k < n; k++) {
    const f = w.reserve() as Float32Array;
    for (let i = 0; i < 16; i++) f[i] = sent + i;
    sent++;
    w.commit(0, 0);
    w.settle();
  }
}
function outletFill(n: number) {
  for (let k = 0; k < n; k++) {
    const f = o.reserve() as Float32Array;
    for (let i = 0; i < 16; i++) f[i] = sent + i;
    sent++;
    o.commit(0, 0);
    o.isReady();
    o.settle();
  }
}
function outletEmpty(n: number) {
  for (let k = 0; k < n; k++) {
    o.reserve();
    o.commit(0, 0);
    o.isReady();
    o.settle();
  }
}
function drain(n: number) {
  for (let k = 0; k < n; k++) {
    r.take(e);
    const f = e.frame as Float32Array;
    for (let i = 0; i < 16; i++) sum += f[i]!;
    r.settle();
  }
}
function drainEmpty(n: number) {
  for (let k = 0; k < n; k++) {
    r.take(e);
    r.settle();
  }
}
function time(name: string, write: (n: number) => void, read: (n: number) => void) {
  let tw = 0,
    tr = 0;
  for (let k = 0; k < 30000; k++) {
    if (k === 5000) tw = tr = 0;
    let t = performance.now();
    write(64);
    tw += performance.now() - t;
    w.publish(0);
    t = performance.now();
    read(64);
    tr += performance.now() - t;
    r.release();
  }
  console.log(
    name.padEnd(14),
    'write',
    ((tw / 25000 / 64) * 1e6).toFixed(1),
    'read',
    ((tr / 25000 / 64) * 1e6).toFixed(1),
  );
}
const nop = () => {};
time('fillOnly', fillOnly, nop);
time('writerFill', writerFill, drain);
time('outletFill', outletFill, drain);
time('outletEmpty', outletEmpty, drainEmpty);
console.log(sum);
