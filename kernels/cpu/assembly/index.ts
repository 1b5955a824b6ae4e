export { scaleBytes } from './bytes';
export { endOfLitColumns, firstLitColumn, listColumns, listedProduct, listRows } from './listed';
export { ARENA_START } from './memory';
export { product } from './product';
export { bernoulli, normal, uniform } from './random';
export { argmax, dot, sumOverColumns, sumOverRows } from './reductions';
export { softmax } from './softmax';
export { convolve, poisson, sparseOuterProduct, sparseProduct } from './spikes';
