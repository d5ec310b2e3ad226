import { allocateFrameRing, FrameWriter, FrameReader, FrameOutlet, Envelope } from '@troupe/mailbox';
const buffer = allocateFrameRing({ dtype: 'float32', shape: [16], capacity: 128 });
const w = new FrameWriter(buffer);
const r = new FrameReader(buffer, { capacity: 128 });
const o = new FrameOutlet('frames', w, [], 1, 100);
const e = new Envelope();
const t = (name: string, f: (n: number) => void) => {
  for (let i = 0; i < 5000; i++) f(64);
  const s = performance.now();
  for (let i = 0; i < 100000; i++) f(64);
  console.log(name, ((performance.now() - s) / 6.4).toFixed(2));
};
const flush = () => {
  w.publish(0);
  while (r.available() > 0) {
    r.take(e);
    r.settle();
  }
  r.release();
};
t('commit only', (n) => {
  for (let i = 0; i < n; i++) {
    w.commit(0, 0);
  }
  w.rollback();
});
t('view+commit', (n) => {
  for (let i = 0; i < n; i++) {
    w.view();
    w.commit(0, 0);
  }
  w.rollback();
});
w.room(64);
t('room+commit', (n) => {
  for (let i = 0; i < n; i++) {
    w.room(1);
    w.commit(0, 0);
  }
  w.rollback();
});
t('outlet res+commit', (n) => {
  for (let i = 0; i < n; i++) {
    o.reserve();
    o.commit(0, 0);
  }
  o.rollback();
});
t('outlet +ready', (n) => {
  for (let i = 0; i < n; i++) {
    o.reserve();
    o.commit(0, 0);
    o.isReady();
  }
  o.rollback();
});
t('settle', (n) => {
  for (let i = 0; i < n; i++) {
    o.settle();
  }
});
