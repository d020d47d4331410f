/** Headers of answers about tokens: no copy of one is to lie in a cache. */
export const uncached = { 'Cache-Control': 'max-age=0, no-cache, no-store, must-revalidate, private' };
