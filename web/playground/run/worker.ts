import { rulesFor } from '../../../rules/index.ts';
import { loadDataset } from '../digits/pack.ts';
import { aboutRule } from './about.ts';
import { openKernels } from './kernels.ts';
import type { Request, Resources, RunOrder, Told } from './messages.ts';
import { OwnRuleError } from './own-rule.ts';
import { DuelRun } from './run.ts';

/** The worker of one rule: it does what the page asks for, and tells what happens. */

let run: DuelRun | null = null;

const tell = (told: Told): void => postMessage(told);

function tellFailure(error: unknown): void {
  const sentence = error instanceof Error ? error.message : String(error);
  tell({ kind: 'failed', sentence, line: error instanceof OwnRuleError ? error.line : null });
}

async function open(order: RunOrder, resources: Resources): Promise<void> {
  const device = await openKernels(order.kernels, resources);
  const dataset = await loadDataset(resources.digits);
  run = await DuelRun.open(order, dataset, device, tell);
  tell({ kind: 'opened', opened: run.describe() });
  run.train().catch(tellFailure);
}

async function answer(request: Request): Promise<void> {
  switch (request.kind) {
    case 'catalogue':
      return tell({ kind: 'catalogue', id: request.id, rules: rulesFor('classify').map(aboutRule) });
    case 'open':
      return open(request.order, request.resources);
    case 'train':
      return run?.gate.open();
    case 'pause':
      return run?.gate.close();
    case 'step':
      return run?.gate.step();
    case 'limit':
      if (run) run.gate.limit = request.examplesPerSecond;
      return;
  }
  // What is asked of a run that is not open is not answered: the page asks again when it is.
  if (!run) return;
  const { id } = request;
  if (request.kind === 'ask') tell({ kind: 'answer', id, rates: await run.ask(request.image) });
  else if (request.kind === 'digit') tell({ kind: 'digit', id, digit: run.digit(request.index) });
  else tell({ kind: 'recorded', id, recorded: await run.record(request.view, request.shown) });
}

addEventListener('message', ({ data }: MessageEvent<Request>) => answer(data).catch(tellFailure));
