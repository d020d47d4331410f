import { eventChoices } from '@rollcall/protocol';
import { listField, messages } from './fields.ts';

/**
 * A list of types of events and of groups, such as `member.*`.
 * @param others further names that the list may contain
 */
export function eventTypesField(itemsMax: number, others: readonly string[] = []) {
  const choices = [...others, ...eventChoices];
  return listField<string>(
    itemsMax,
    { type: 'string', enum: choices },
    (item, refuse) =>
      choices.find((choice) => choice === item) ?? refuse(`${messages.notChoice(item)} /api/docs lists the types of events.`),
  );
}
