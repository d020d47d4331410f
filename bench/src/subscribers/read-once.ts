/** The number of different messages that are remembered: one per audience at a time. */
const rememberedMax = 4;

/**
 * Parses each message once, even if many subscribers receive it. Comparing bytes costs far less
 * than parsing.
 */
export function readOnce<T>(read: (payload: Buffer) => T): (payload: Buffer) => T {
  const remembered: { readonly payload: Buffer; readonly value: T }[] = [];
  return (payload) => {
    const known = remembered.find((one) => one.payload.equals(payload));
    if (known) return known.value;
    const value = read(payload);
    remembered.unshift({ payload: Buffer.from(payload), value });
    if (remembered.length > rememberedMax) remembered.pop();
    return value;
  };
}
