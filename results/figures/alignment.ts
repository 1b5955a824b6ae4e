import type { ComparisonDocument } from '../comparison.schema.ts';
import type { Amount } from './amount.ts';
import { drawAngles } from './diagnostic-course.ts';
import type { FigureDocument, FigureElement } from './dom.ts';

/** Angle between feedback weights and the forward weights that they stand in for, for each pathway. */
export const alignment = (dom: FigureDocument, document: ComparisonDocument, by: Amount): FigureElement =>
  drawAngles(dom, document, {
    diagnostic: 'feedback-angle',
    title: 'Angle between feedback and forward weights, by pathway',
    meaning:
      '0 degrees is the feedback of backpropagation (the transposed forward weights, or their product where a pathway skips layers), 90 degrees is unrelated to it.',
    by,
  });
