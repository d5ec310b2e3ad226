/** The layout engine: takes over the messages of the worker that imports it. */
import 'elkjs/lib/elk-worker.min.js';
