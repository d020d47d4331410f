/** Text that can be sent in a header: ASCII characters without spaces. */
export const headerTextPattern = /^[\x21-\x7e]+$/;
