import { type Scope, scopeSchema, scopes } from '@rollcall/protocol';
import { listField, messages } from './fields.ts';

/** A list of known scopes, without duplicates. */
export function scopesField() {
  return listField<Scope>(scopes.length * 2, { type: 'string', enum: [...scopes] }, (item, refuse) => {
    const scope = scopeSchema.safeParse(item);
    return scope.success ? scope.data : refuse(messages.notChoice(item));
  }).transform((chosen) => [...new Set(chosen)]);
}
