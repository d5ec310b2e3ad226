/** Plays the page of the devtools: watches figures at their highest rate until its parent tells it to end. */
import { encodeMessage } from '@troupe/core/telemetry';

const { host, origin, hash } = new URL(process.argv[2] ?? '');
const entered = await fetch(`${origin}/session`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', origin },
  body: JSON.stringify({ token: hash.replace('#token=', '') }),
});
const [cookie = ''] = (entered.headers.get('set-cookie') ?? '').split(';');

// Node's own client takes headers; browsers do not let pages choose these.
const Socket = WebSocket as unknown as new (url: string, options: object) => WebSocket;
const socket = new Socket(`ws://${host}/socket`, { headers: { origin, cookie } });
socket.binaryType = 'arraybuffer';
let messages = 0;
let bytes = 0;
socket.addEventListener('message', ({ data }) => {
  messages += 1;
  bytes += (data as ArrayBuffer).byteLength;
});
socket.addEventListener('open', () => {
  const watch = { type: 'watch', statsMs: 100, details: [0], taps: [], census: false, trace: false } as const;
  socket.send(encodeMessage(watch));
  process.send?.('open');
});
socket.addEventListener('error', () => process.exit(1));
process.once('message', () => {
  process.send?.({ messages, bytes }, () => process.exit(0));
});
