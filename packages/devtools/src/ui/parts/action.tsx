import type { Command } from '@troupe/core/telemetry';
import type { ReactElement, ReactNode } from 'react';
import { usePage } from '../page.tsx';
import { readOnly, useCommand } from './use-command.ts';

interface ActionProps {
  readonly command: Command;
  readonly children: ReactNode;
  /** Where the text alone does not say what it is about. */
  readonly label?: string;
  /** Why it cannot be done now; read-only pages have a reason of their own. */
  readonly whyNot?: string | undefined;
  /** Announced once it is done. */
  readonly done?: string;
  readonly className?: string;
  readonly isPressed?: boolean;
}

/** Has the process do something. Where it cannot, it says why, and stays within reach of Tab. */
export function Action(props: ActionProps): ReactElement {
  const { command, children, label, whyNot, done, className = '', isPressed } = props;
  const { hasControl, announce } = usePage();
  const perform = useCommand();
  const reason = hasControl ? whyNot : readOnly;
  return (
    <button
      type="button"
      className={`action ${className}`}
      aria-label={label}
      aria-disabled={reason !== undefined}
      aria-pressed={isPressed}
      title={reason ?? label}
      onClick={() => {
        if (reason === undefined) void perform(command, done);
        else announce(reason);
      }}
    >
      {children}
    </button>
  );
}
