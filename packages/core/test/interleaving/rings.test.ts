import { explored } from './explored.ts';

explored('frame-ring', {
  publication: 2,
  spareSlots: 2,
  signChange: 2,
  wrapAround: 2,
  twoReaders: 1,
  tornRead: 2,
  tornLatest: 2,
  tornSignChange: 2,
  tornWrapAround: 2,
  attachAndDetach: 2,
  attachBeside: 1,
  switched: 2,
  deadReader: 1,
  deadWriter: 1,
  deadOvertaker: 1,
  growth: 2,
  marks: 3,
});

explored('message-ring', {
  publication: 2,
  wrapAround: 2,
  tornRead: 2,
  tornWrapAround: 2,
  switched: 2,
  deadWriter: 1,
});
