/** Exports the component under the name that the pages use. */
export { Avatar, Badge } from '@rollcall/react/parts';
