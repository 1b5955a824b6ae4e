import { z } from 'zod';
import { GPU_BACKENDS, UserError } from '../kernels/index.ts';
import { conditionSchema } from './condition.ts';

export const SPEC_FORMAT = 1;

const resourceSchema = z.object({ path: z.string(), hash: z.string().describe('SHA-256 of the file.') });

/** A whole run as plain JSON: what a worker, a browser or another machine is sent, and what config.json holds. */
export const runSpecSchema = z.object({
  format: z.literal(SPEC_FORMAT).describe('Version of this form.'),
  condition: conditionSchema,
  seed: z.int(),
  task: z.string().describe('With its argument, e.g. classify or probe:hidden 1.'),
  dataset: z.object({
    name: z.string().describe('As for --dataset.'),
    hash: z.string().describe('SHA-256 of images, labels and sizes.'),
    validation: z.int().nonnegative().describe('Training examples set aside.'),
    splitSeed: z.int().describe('Seed of the draw that sets them aside.'),
  }),
  diagnostics: z.array(z.string()),
  scored: z
    .literal('validation')
    .optional()
    .describe('After each epoch the validation examples alone, the test examples never; left out: both.'),
  device: z.object({
    asked: z.object({
      device: z.enum(['auto', 'cpu', 'gpu']).optional(),
      backend: z.enum([...GPU_BACKENDS, 'auto']).optional(),
      blas: z.string().optional(),
    }),
    settled: z.object({
      device: z.enum(['cpu', 'gpu']),
      backend: z.string(),
      blas: z.string().nullable().describe('Library and version; null for the built-in kernels.'),
    }),
  }),
  plugins: z
    .array(resourceSchema)
    .describe('Files whose rules, datasets, tasks and diagnostics the run may use.'),
});

/** A whole run as plain JSON: see `runSpecSchema`. */
export type RunSpec = Readonly<z.infer<typeof runSpecSchema>>;

/**
 * Reads a spec back.
 * @param where it came from, for the message
 * @throws UserError if it is none, or of another format
 */
export function parseRunSpec(value: unknown, where: string): RunSpec {
  const format = (value as { format?: unknown } | null)?.format;
  if (format !== SPEC_FORMAT)
    throw new UserError(
      `${where} has the format ${String(format)}, and this version of Dendrite reads format ${SPEC_FORMAT}: repeat the run with the version that made it`,
    );
  const parsed = runSpecSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new UserError(`${where} is damaged: ${path.join('.')}: ${message}; repeat the comparison`);
}
