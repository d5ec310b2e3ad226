import type { Command, ReplyWire } from '@troupe/core/telemetry';
import { useCallback } from 'react';
import { CommandError } from '../connection.ts';
import { usePage } from '../page.tsx';

/** Why nothing can be done from this page. */
export const readOnly =
  'This page is read-only. Start the run with --control, or devtools({ control: true }), to act from here.';

/** Has a command carried out; what goes wrong is announced, and gives `undefined`. */
export function useCommand(): (command: Command, done?: string) => Promise<ReplyWire | undefined> {
  const { perform, announce } = usePage();
  return useCallback(
    async (command, done) => {
      try {
        const reply = await perform(command);
        if (done !== undefined) announce(done);
        return reply;
      } catch (error) {
        announce(sayError(error));
        return undefined;
      }
    },
    [perform, announce],
  );
}

/** An error with what to do about it. */
export function sayError(error: unknown): string {
  if (error instanceof CommandError && error.remedy !== undefined) return `${error.message} ${error.remedy}`;
  return error instanceof Error ? error.message : String(error);
}
