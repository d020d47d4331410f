/** Exports the component under the name that the pages use. */
export { Button, IconButton } from '@rollcall/react/parts';
