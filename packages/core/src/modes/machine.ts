import type { AnyStateMachine } from 'xstate';

// Imported late like this module itself: what does not ask for modes does not load xstate.
const { setup } = await import('xstate');

const endsFirst = (mode: string): { meta: { rule: string }; description: string } => ({
  meta: { rule: `${mode}-ends-first` },
  description: `Wait until ${mode} has ended, or ask for 'idle' first, which cancels it.`,
});

/**
 * The modes of a run that is given no other machine: `idle`, `recording`, `training`, `predicting`, of which
 * one holds. A pure definition: no actions, no actors. What it is sent is said in docs/modes.md.
 */
export const modeMachine: AnyStateMachine = setup({
  types: {
    events: {} as
      | { type: 'request.idle' | 'request.recording' | 'request.training' | 'request.predicting' | 'end' }
      | { type: 'fail'; error: unknown },
  },
}).createMachine({
  id: 'modes',
  initial: 'idle',
  states: {
    idle: {
      on: {
        'request.recording': 'recording',
        'request.training': 'training',
        'request.predicting': 'predicting',
      },
    },
    recording: {
      on: {
        'request.idle': 'idle',
        'request.training': endsFirst('recording'),
        'request.predicting': endsFirst('recording'),
        end: 'idle',
        fail: 'idle',
      },
    },
    training: {
      on: {
        'request.idle': 'idle',
        'request.recording': endsFirst('training'),
        'request.predicting': endsFirst('training'),
        end: 'idle',
        fail: 'idle',
      },
    },
    // It can be begun again at any time, so it gives way to everything.
    predicting: {
      on: {
        'request.idle': 'idle',
        'request.recording': 'recording',
        'request.training': 'training',
        end: 'idle',
        fail: 'idle',
      },
    },
  },
});
