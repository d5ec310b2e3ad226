import type { ValueWire } from '@troupe/core/telemetry';
import type { ReactElement } from 'react';
import { FramePicture } from './frame-picture.tsx';
import { ValueTree } from './value-tree.tsx';

/** What a message carries: a frame as a picture, a value as a tree. */
export function Payload({
  payload,
  name,
}: {
  readonly payload: ValueWire;
  readonly name: string;
}): ReactElement {
  if (payload.kind === 'numbers') return <FramePicture numbers={payload.numbers} />;
  return <ValueTree value={payload} name={name} />;
}
