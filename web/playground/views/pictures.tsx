import type { ComponentType } from 'preact';

/** What draws a recording in the page, under the name of its recorder. */
export const PICTURES: Readonly<Record<string, ComponentType<{ recorded: unknown }>>> = {};
