/** A mistake of the user (wrong option, unreadable file, unknown name): one sentence, shown without a stack trace. */
export class UserError extends Error {
  override name = 'UserError';
}
