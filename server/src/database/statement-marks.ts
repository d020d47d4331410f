/**
 * A comment in statements whose text depends on what a caller searches for. They are not prepared:
 * a caller could otherwise use up the names of prepared statements with other searches each time.
 */
export const searchMark = '/* search */';

/**
 * A comment in a statement that joins tables for a few values with thousands of rows. It is not
 * prepared either: a kept plan suits the size of the tables when it was made, and takes more than
 * ten seconds after an import.
 */
export const growthMark = '/* growth */';
