/** A Standard Schema that takes any value: the benchmarks' own options need no check, only a type. */
export interface Trusted<T> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => { readonly value: T };
    readonly types?: { readonly input: T; readonly output: T };
  };
}

export function trusted<T>(): Trusted<T> {
  return {
    '~standard': { version: 1, vendor: 'troupe-bench', validate: (value) => ({ value: value as T }) },
  };
}
