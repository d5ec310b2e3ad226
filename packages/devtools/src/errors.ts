/**
 * The devtools cannot be served. `DEVTOOLS_OPTIONS`: options that do not go together; `DEVTOOLS_ADDRESS`: the
 * host or port cannot be listened on; `DEVTOOLS_PAGE`: the page is not built.
 */
export class DevtoolsError extends Error {
  override readonly name = 'DevtoolsError';
  readonly code: 'DEVTOOLS_OPTIONS' | 'DEVTOOLS_ADDRESS' | 'DEVTOOLS_PAGE';
  /** What to do. */
  readonly remedy: string;

  constructor(code: DevtoolsError['code'], message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.remedy = remedy;
  }
}
