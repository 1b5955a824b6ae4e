// Stands before figure-worker.ts when the framework runs from its source: a worker has to be taught TypeScript.
import { register } from 'tsx/esm/api';

register();
await import('./figure-worker.ts');
