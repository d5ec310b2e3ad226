export { devtools } from './devtools.ts';
export type { Devtools } from './devtools.ts';
export { DevtoolsError } from './errors.ts';
export type { DevtoolsOptions } from './options.ts';
export { pageState } from './server/page-files.ts';
