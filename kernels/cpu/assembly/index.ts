export { ARENA_START } from './memory';
export { product } from './product';
