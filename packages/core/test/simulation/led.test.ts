import { testShapes } from './seeds.ts';

testShapes(['ticks', 'events', 'latches', 'loop', 'letters'], 200);
