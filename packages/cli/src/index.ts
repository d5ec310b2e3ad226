export { numberArgument, parseArguments } from './arguments.ts';
export type { NumberBounds } from './arguments.ts';
export { runAsProcess } from './command.ts';
export { exitCode } from './exit-codes.ts';
export { explain, UsageError } from './explain.ts';
export type { Explanation } from './explain.ts';
export { drainOnInterrupt } from './interrupt.ts';
export { pageArguments, pageHelp, pageOptions, RunPage } from './page.ts';
export type { PageArguments } from './page.ts';
export { addressText } from './presenters.ts';
export { RunMeter, runFigures } from './terminal/figures.ts';
export type { Latency, OutputFigures, RunFigures, StageFigures } from './terminal/figures.ts';
export { bar, quantityText, durationText, percentText, rateText, secondsText } from './terminal/format.ts';
export { LiveScreen, terminalLook } from './terminal/live-screen.ts';
export type { Terminal } from './terminal/live-screen.ts';
export {
  outputLines,
  progressLines,
  reportLines,
  runLine,
  runView,
  stageTable,
  workerCount,
} from './terminal/run-view.ts';
export type { Look } from './terminal/run-view.ts';
export { alignTable } from './terminal/table.ts';
