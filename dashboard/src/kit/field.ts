/** Exports the component under the name that the pages use. */
export { ComboboxField, Select, SelectField, TextAreaField, TextField } from '@rollcall/react/parts';
