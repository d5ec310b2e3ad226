import type { ErrorWire } from '@troupe/core/telemetry';
import type { ReactElement } from 'react';

/** An error: what it says, what to do, and where it came from. */
export function ErrorView({ error }: { readonly error: ErrorWire }): ReactElement {
  const { name, code, message, remedy, stack, cause } = error;
  return (
    <div className="error">
      <p className="error-message">
        <span className="error-name">{code === undefined ? name : `${name} ${code}`}</span> {message}
      </p>
      {remedy === undefined ? undefined : <p className="error-remedy">{remedy}</p>}
      {stack === undefined ? undefined : (
        <details>
          <summary>Stack</summary>
          <pre tabIndex={0}>{stack}</pre>
        </details>
      )}
      {cause === undefined ? undefined : (
        <details>
          <summary>Caused by {cause.name}</summary>
          <ErrorView error={cause} />
        </details>
      )}
    </div>
  );
}
