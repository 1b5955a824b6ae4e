// Stands before worker.ts when the framework runs from its source: a worker has to be taught TypeScript.
import { register } from 'tsx/esm/api';

register();
await import('./worker.ts');
