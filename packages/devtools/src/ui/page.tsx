import type { Command, ReplyWire } from '@troupe/core/telemetry';
import type { ReactElement, ReactNode } from 'react';
import { createContext, use, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { Model } from '../model/model.ts';
import type { Place } from '../model/place.ts';
import { rewound } from '../model/rewound.ts';
import type { Store } from '../model/store.ts';
import type { Wish } from '../model/wish.ts';
import type { Connection } from './connection.ts';
import type { Address } from './url.ts';

/** What every part of the page shares. */
export interface PageParts {
  readonly store: Store;
  readonly connection: Connection;
  readonly address: Address;
}

export interface Page {
  /** Has the process do something; rejects with a `CommandError`. */
  readonly perform: (command: Command) => Promise<ReplyWire>;
  /** Whether commands are carried out now: the process allows them, and can be reached. */
  readonly hasControl: boolean;
  /** Says something to screen readers, and in the corner of the page for some seconds. */
  readonly announce: (text: string) => void;
  /** Connects now rather than later. */
  readonly retry: () => void;
}

interface Shared extends PageParts {
  readonly announce: (text: string) => void;
}

const PageContext = createContext<Shared | undefined>(undefined);
/** What the parts below see of the model. */
const SightContext = createContext<(model: Model) => Model>((model) => model);

const announcementMs = 6_000;

export function PageProvider(props: PageParts & { readonly children: ReactNode }): ReactElement {
  const { store, connection, address, children } = props;
  const [text, setText] = useState('');
  useEffect(() => {
    const follow = (): void => store.freeze(address.place.isFrozen);
    follow();
    return address.subscribe(follow);
  }, [store, address]);
  useEffect(() => {
    if (text === '') return undefined;
    const timer = setTimeout(() => setText(''), announcementMs);
    return () => clearTimeout(timer);
  }, [text]);
  const shared = useMemo(
    () => ({ store, connection, address, announce: setText }),
    [store, connection, address],
  );
  return (
    <PageContext value={shared}>
      {children}
      <div className="announcement" role="status" aria-live="polite">
        {text}
      </div>
    </PageContext>
  );
}

/** All below shows the moment of a recording that a person went back to, where there is one. */
export function Rewound({ children }: { readonly children: ReactNode }): ReactElement {
  return <SightContext value={rewound}>{children}</SightContext>;
}

/**
 * A part of what is shown, as `pick` finds it. The component renders anew only when that is another one:
 * `isSame` says so where `pick` makes an object of its own.
 */
export function useModel<Part>(
  pick: (model: Model) => Part,
  isSame: (one: Part, other: Part) => boolean = Object.is,
): Part {
  const { store } = useShared();
  const sight = use(SightContext);
  const last = useRef<{ readonly part: Part } | undefined>(undefined);
  const read = (): Part => {
    const part = pick(sight(store.shown));
    if (last.current !== undefined && isSame(last.current.part, part)) return last.current.part;
    last.current = { part };
    return part;
  };
  return useSyncExternalStore((listener) => store.subscribe(listener), read);
}

export function usePage(): Page {
  const { connection, announce } = useShared();
  const hasControl = useModel(({ hello, link }) => link.state === 'open' && hello?.hasControl === true);
  return useMemo(
    () => ({
      perform: (command) => connection.perform(command),
      hasControl,
      announce,
      retry: () => connection.retry(),
    }),
    [connection, announce, hasControl],
  );
}

/** The place in the page, which the address keeps, and how to go to another. */
export function useUrl(): readonly [place: Place, go: (change: Partial<Place>) => void] {
  const { address } = useShared();
  const place = useSyncExternalStore(
    (listener) => address.subscribe(listener),
    () => address.place,
  );
  return useMemo(() => [place, (change) => address.go(change)], [address, place]);
}

/** What the component wants to see while it is mounted. */
export function useWish(wish: Wish): void {
  const { connection } = useShared();
  const text = JSON.stringify(wish);
  useEffect(() => {
    const part = {};
    connection.wish(part, JSON.parse(text) as Wish);
    return () => connection.wish(part, undefined);
  }, [connection, text]);
}

function useShared(): Shared {
  const shared = use(PageContext);
  if (shared === undefined) throw new Error('a part of the page stands outside of it');
  return shared;
}
