/**
 * The symbol that `using` calls. Browsers without it get a substitute, so that the classes can be
 * defined.
 */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);
