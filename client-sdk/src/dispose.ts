/** The key that `using` calls. Browsers that lack it get a stand-in, so that the classes can be defined at all. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);
