import type { CommandModule } from 'yargs';
import { check } from './check.ts';
import { compare } from './compare.ts';
import { datasets } from './datasets.ts';
import { devices } from './devices.ts';
import { rule } from './rule.ts';
import { rules } from './rules.ts';

export const COMMANDS = [compare, rules, rule, datasets, devices, check] as unknown as CommandModule[];
