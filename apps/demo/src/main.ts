import { runAsProcess } from '@troupe/cli';
import { studio } from './studio.ts';

await runAsProcess(() => studio(process.argv.slice(2)));
