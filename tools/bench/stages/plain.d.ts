import type { FramePort, Stage } from '@troupe/core';

/** The one port of each; a type alias, since an interface would not pass for a map of ports. */
type Frames = { readonly frames: FramePort<'float32', readonly [16]> };

export declare const plainSource: Stage<undefined, {}, Frames>;
export declare const plainRelay: Stage<undefined, Frames, Frames>;
