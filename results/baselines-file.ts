import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type BaselineScore, baselineScoreSchema } from './baselines.schema.ts';
import { readJsonAs, writeJson, writingTo } from './files.ts';

const BASELINES = 'baselines.json';
const FORMAT = 1;

const fileSchema = z.object({ format: z.literal(FORMAT), scores: z.array(baselineScoreSchema) });

/** What the baselines of a comparison came to, as far as they are known. @throws UserError when the file is damaged */
export const readBaselines = (folder: string): BaselineScore[] =>
  existsSync(join(folder, BASELINES))
    ? readJsonAs(fileSchema, folder, BASELINES, 'remove it, and resume the comparison').scores
    : [];

/** Writes baselines.json, whole or not at all. @throws UserError if it cannot be written */
export const writeBaselines = (folder: string, scores: readonly BaselineScore[]): void =>
  writingTo(folder, () => writeJson(join(folder, BASELINES), { format: FORMAT, scores }));
