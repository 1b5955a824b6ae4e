import type { ViewRecorder } from './view.ts';

/** By the name of the view. */
export const RECORDERS: Readonly<Record<string, ViewRecorder<unknown>>> = {};
