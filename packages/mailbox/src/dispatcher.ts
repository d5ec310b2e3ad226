import { Journal } from './journal.ts';
import type { Releasable } from './mailbox-reader.ts';
import type { Outlet } from './outlet.ts';

/**
 * Carries out what handlers have done, one transaction at a time: everything an actor emitted in finished
 * calls is shown to its consumers, then the inputs of those calls are given back. See docs/semantics.md,
 * "Commit".
 */
export class Dispatcher {
  readonly #journal: Journal | undefined;

  /** `journal`: shared memory of this worker's redo log; none on the main thread, which nobody outlives. */
  constructor(journal?: SharedArrayBuffer) {
    this.#journal = journal === undefined ? undefined : new Journal(journal);
  }

  /**
   * Publishes settled emissions of these outlets and releases settled inputs of these mailboxes, all or
   * nothing.
   */
  commit(outlets: readonly Outlet[], inlets: readonly Releasable[], stampMs: number): void {
    const journal = this.#journal;
    if (journal !== undefined) {
      for (let i = 0; i < outlets.length; i++) (outlets[i] as Outlet).record(journal);
      for (let i = 0; i < inlets.length; i++) (inlets[i] as Releasable).record(journal);
      // A single store is all or nothing by itself.
      if (journal.count > 1) journal.seal();
    }
    for (let i = 0; i < outlets.length; i++) (outlets[i] as Outlet).publish(stampMs);
    for (let i = 0; i < inlets.length; i++) (inlets[i] as Releasable).release();
    journal?.clear();
  }

  /**
   * Publishes without releasing: the rest of a call whose spill still waits, or `flush` in an async handler.
   */
  publish(outlets: readonly Outlet[], stampMs: number): void {
    this.commit(outlets, [], stampMs);
  }
}
