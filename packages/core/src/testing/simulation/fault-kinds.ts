/** Faults of a handler call. */
export const ofCalls = ['throw', 'death', 'hang', 'slow'] as const;
/** What the application is made to do at a point. */
export const ofPoints = ['detach', 'mode', 'event', 'stop', 'hold'] as const;

export type CallFaultKind = (typeof ofCalls)[number];
export type PointFaultKind = (typeof ofPoints)[number];

/** What can be made to go wrong, and what the application can be made to do. */
export type FaultKind = CallFaultKind | 'kill' | PointFaultKind;
