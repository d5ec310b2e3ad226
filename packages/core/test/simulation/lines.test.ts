import { testShapes } from './seeds.ts';

testShapes(['chain', 'deep', 'bursts']);
