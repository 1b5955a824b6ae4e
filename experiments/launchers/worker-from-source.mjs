// Stands before worker.ts when the framework runs from its source: a worker thread has to be taught TypeScript.
import { register } from 'tsx/esm/api';

register();
const { default: work } = await import('./worker.ts');
export default work;
