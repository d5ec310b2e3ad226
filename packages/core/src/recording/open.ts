import type { Recording } from './reader.ts';

/** Opens a recording and reads its header. Rejects with `RecordingError`, code `BAD_RECORDING`. */
export async function openRecording(path: string): Promise<Recording> {
  // Stages import the module that this is part of: their threads need no files and no checksums to start.
  const { openFile } = await import('./reader.ts');
  return openFile(path);
}
