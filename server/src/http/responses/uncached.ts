/** Headers of responses about tokens, which caches must not store. */
export const uncached = { 'Cache-Control': 'max-age=0, no-cache, no-store, must-revalidate, private' };
