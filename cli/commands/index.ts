import type { Command } from '../command.ts';
import { cancel } from './cancel.ts';
import { check } from './check.ts';
import { compare } from './compare.ts';
import { datasets } from './datasets.ts';
import { devices } from './devices.ts';
import { diff } from './diff.ts';
import { experiments } from './experiments.ts';
import { exportCommand } from './export.ts';
import { forecast } from './forecast.ts';
import { plot } from './plot.ts';
import { predict } from './predict.ts';
import { probe } from './probe.ts';
import { repeat } from './repeat.ts';
import { report } from './report.ts';
import { reproduce } from './reproduce.ts';
import { resume } from './resume.ts';
import { rule } from './rule.ts';
import { rules } from './rules.ts';
import { run } from './run.ts';
import { serve } from './serve.ts';
import { status } from './status.ts';
import { table } from './table.ts';
import { work } from './work.ts';

export const COMMANDS: readonly Command[] = [
  compare,
  run,
  experiments,
  reproduce,
  resume,
  status,
  cancel,
  repeat,
  table,
  diff,
  plot,
  report,
  serve,
  exportCommand,
  predict,
  probe,
  forecast,
  rules,
  rule,
  datasets,
  devices,
  check,
  work,
];
