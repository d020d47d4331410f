import { eventChoices } from '@rollcall/protocol';
import { listField, messages } from './fields.ts';

/**
 * A list of types of events and of groups, such as `member.*`.
 * @param others further names that the list may contain
 */
export function eventTypesField(itemsMax: number, others: readonly string[] = []) {
  return listField<string>(itemsMax, { type: 'string' }, (item, refuse) =>
    typeof item === 'string' && (eventChoices.has(item) || others.includes(item)) ? item : refuse(messages.notChoice(item)),
  );
}
