let isInside = false;

/** Called once in every stage worker. */
export function markStageWorker(): void {
  isInside = true;
}

/** Whether this thread is a stage worker. */
export function isStageWorker(): boolean {
  return isInside;
}
