import { createRequire } from 'node:module';
import type { Observable } from 'rxjs';
import type { ThreadTime } from '../executor/thread-time.ts';

let loaded: { readonly Observable: typeof Observable } | undefined;

/**
 * The class of RxJS's observables, loaded when a program first asks a run for one. RxJS is some 200 files of
 * CommonJS, a third of the time to a first frame; and the accessors that return observables cannot wait for
 * an import.
 */
export function observables(): typeof Observable {
  loaded ??= createRequire(import.meta.url)('rxjs') as { readonly Observable: typeof Observable };
  return loaded.Observable;
}

/** What `read` gives, every `intervalMs` while subscribed, until `done` settles. */
export function polled<T>(
  read: () => T,
  intervalMs: number,
  done: Promise<unknown>,
  time: ThreadTime,
): Observable<T> {
  return new (observables())((subscriber) => {
    const timer = time.every(intervalMs, () => subscriber.next(read()));
    done.then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
    return () => timer.cancel();
  });
}
