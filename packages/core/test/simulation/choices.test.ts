import { testShapes } from './seeds.ts';

testShapes(['modes', 'slow reader']);
