import type { ComparisonDocument } from '../comparison.schema.ts';
import type { Amount } from './amount.ts';
import { drawAngles } from './diagnostic-course.ts';
import type { FigureDocument, FigureElement } from './dom.ts';

/** Angle between the direction in which a rule changes weights and the gradient, for each connection. */
export const angles = (dom: FigureDocument, document: ComparisonDocument, by: Amount): FigureElement =>
  drawAngles(dom, document, {
    diagnostic: 'angle',
    title: 'Angle between update and gradient, by connection',
    meaning:
      '0 degrees is the direction of the gradient, 90 degrees is unrelated to it. Measured after each epoch on the first 500 training examples.',
    by,
  });
