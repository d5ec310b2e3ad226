import { useModel } from '../../page.tsx';

/** Why nothing can be done to the run any more; `undefined` while it goes on. */
export function useOver(): string | undefined {
  return useModel(({ ending }) => (ending === undefined ? undefined : 'The run is over.'));
}
