import { testShapes } from './seeds.ts';

testShapes(['diamond', 'filtering diamond']);
