/**
 * A mistake of the user (wrong option, unreadable file, unknown name): one sentence, shown without a stack trace. It may quote what
 * a user wrote on several lines, and stands on one.
 */
export class UserError extends Error {
  override name = 'UserError';

  constructor(message: string, options?: ErrorOptions) {
    super(message.replaceAll(/\s*[\r\n]+\s*/g, ' '), options);
  }
}
