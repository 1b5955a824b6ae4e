/**
 * What pages draw courses with that go on while one looks. Apart from index.ts, since it has types of Observable Plot, which those who
 * install the package do not have.
 */
export { amountsIn, coursePlot, type ValueAxis, valuesOf } from './course.ts';
export { drawPlot } from './layout.ts';
