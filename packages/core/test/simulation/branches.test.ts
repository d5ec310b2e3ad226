import { testShapes } from './seeds.ts';

testShapes(['fan-out', 'fan-in', 'wide']);
