import { z } from 'zod';
import { countOf } from '../../training/index.ts';
import { statusSchema } from '../comparison.schema.ts';
import { spread } from '../spread.schema.ts';

export const PIVOT_FORMAT = 1;

const cellSchema = z.object({
  row: countOf('Place of its row in `rows`.'),
  column: countOf('Place of its column in `columns`.'),
  measure: z.string().describe('Name of what is averaged.'),
  unit: z.string().nullable().describe('Of mean, sd and ci95; null where they have none.'),
  text: z.string().nullable().describe('Of a measure in words: what its runs have; null for numbers.'),
  ...spread,
  diverged: countOf('Runs that diverged: not in the mean.'),
  failed: countOf('Runs that failed: not in the mean.'),
  unfinished: countOf('Runs that have not ended or not begun: not in the mean.'),
  runs: z
    .array(
      z.object({
        condition: z.string().describe('Id of the condition.'),
        seed: z.int(),
        status: statusSchema,
        value: z.union([z.number(), z.string()]).nullable().describe('Of the measure; null if not known.'),
        folder: z.string().describe('The run folder.'),
      }),
    )
    .describe('All runs of the row and the column.'),
});

const line = z
  .object({
    axes: z.record(z.string(), z.string()).describe('Value of each axis of this side.'),
    measure: z.string().nullable().describe('Name of the measure, where measures stand along this side.'),
  })
  .describe('A row or a column.');

const pivotSchema = z
  .object({
    format: z.literal(PIVOT_FORMAT).describe('Version of this form.'),
    dendrite: z.array(z.string()).describe('Versions of Dendrite that made the comparisons.'),
    folders: z.array(z.string()).describe('Folders of the comparisons.'),
    about: z
      .array(z.object({ label: z.string(), text: z.string() }))
      .describe('What a reader has to know of the numbers, in sentences.'),
    rows: z.array(line),
    columns: z.array(line),
    cells: z.array(cellSchema).describe('Those that have runs, by row and then by column.'),
  })
  .meta({ title: 'Dendrite table' });

/** What `dendrite table --format json` prints. */
export type PivotDocument = z.infer<typeof pivotSchema>;

/** JSON Schema (draft 2020-12) of what `dendrite table --format json` prints. */
export const pivotJsonSchema = (): Record<string, unknown> => ({
  ...z.toJSONSchema(pivotSchema, { io: 'output', unrepresentable: 'any' }),
});
