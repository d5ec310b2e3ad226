import { format } from 'node:util';
import type { WorkerMessage } from './messages.ts';

const methods = ['log', 'info', 'warn', 'error', 'debug'] as const;

/**
 * Sends what stages print on the console of a worker over the control port: while the worker is parked its
 * own streams stand still. Returns what puts the console back.
 */
export function rerouteConsole(post: (message: WorkerMessage) => void): () => void {
  const originals = methods.map((method) => console[method]);
  for (const method of methods) {
    console[method] = (...args: unknown[]) => {
      const message = format(...args);
      post({
        type: 'log',
        line: { stage: '', timeNs: 0, message, fields: method === 'log' ? undefined : { level: method } },
      });
    };
  }
  return () => {
    for (const [i, method] of methods.entries()) console[method] = originals[i] as typeof console.log;
  };
}
