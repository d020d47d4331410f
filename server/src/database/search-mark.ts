/**
 * A comment in statements whose text depends on what a caller searches for. They are not prepared:
 * a caller could otherwise use up the names of prepared statements with other searches each time.
 */
export const searchMark = '/* search */';
