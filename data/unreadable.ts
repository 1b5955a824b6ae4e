import { getSystemErrorMap } from 'node:util';
import { UserError } from '../kernels/index.ts';

/** The system's refusal to read a file or folder, in words. */
export function unreadable(path: string, error: unknown, advice: string): UserError {
  const { errno, message } = error as NodeJS.ErrnoException;
  const reason = getSystemErrorMap().get(errno ?? 0)?.[1] ?? message;
  return new UserError(`cannot read ${path} (${reason}); ${advice}`);
}
