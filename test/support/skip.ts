/**
 * Skips the running test, or all tests after a `before` hook, with the reason in the report:
 * `if (!python) skipBecause(this, pythonMissing);`
 */
export function skipBecause(context: Mocha.Context, reason: string): never {
  if (context.test) context.test.title += ` (skipped: ${reason})`;
  context.skip();
}
