import { explored } from './explored.ts';

explored('events', {
  activations: 2,
  rivals: 3,
  oneForThree: Infinity,
  deadTaker: 2,
  waiter: Infinity,
  closing: Infinity,
  deadSetter: Infinity,
  stepped: Infinity,
  noted: 3,
});

explored('resources', { two: 3, lingering: 4, three: 2, threeForTwo: 2, withdrawn: 2, dead: 2 });

explored('latch', { tornRead: Infinity, agreement: Infinity, deadWriter: 2 });

explored('trace-ring', { tornRecord: 3, signChange: 2, deadWriter: 2 });
