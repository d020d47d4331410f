/** Texts of errors, under the name that the pages use. */
export { explain, friendlyText } from '@rollcall/react/parts';
