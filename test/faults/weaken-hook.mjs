// Changes one place of one module while it is loaded. Fails unless the place exists exactly once.
// Otherwise a renamed safeguard would be considered removed.

let wanted;

export async function initialize({ file, find, replace }) {
  wanted = { file, find: new RegExp(find, 'g'), replace };
}

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  if (!new URL(url).pathname.endsWith(wanted.file)) return loaded;
  const source = String(loaded.source);
  const found = source.match(wanted.find)?.length ?? 0;
  if (found !== 1) throw new Error(`${wanted.file} has ${wanted.find} ${found} times, and not once`);
  return { ...loaded, source: source.replace(wanted.find, wanted.replace) };
}
