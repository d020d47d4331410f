/** Exports the component under the name that the pages use. */
export { Dialog } from '@rollcall/react/parts';
