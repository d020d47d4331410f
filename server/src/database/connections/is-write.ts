const write = /^\s*(insert|update|delete|merge)\b/i;
/** A common table expression may come first. It may also be the write itself. */
const withWrite = /^\s*with\b.*\b(insert\s+into|update|delete\s+from|merge\s+into)\b/is;

/** Whether a statement changes rows. A statement that only locks them (`FOR UPDATE`) does not. */
export function isWrite(text: string): boolean {
  return write.test(text) || withWrite.test(text);
}
