/** How many different messages are remembered: those of one moment, one for each audience. */
const rememberedMax = 4;

/** Reads each message once, though many are sent it: comparing bytes costs far less than reading them. */
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
