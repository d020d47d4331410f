/** A page of a list, as GitLab sends it: by offset, or by keyset where the request asks for it. */
export function pageOf<Item extends { readonly id: number }>(all: readonly Item[], url: URL) {
  const size = Number(url.searchParams.get('per_page') ?? 20);
  return url.searchParams.get('pagination') === 'keyset' ? byKeyset(all, url, size) : byOffset(all, url, size);
}

function byOffset<Item>(all: readonly Item[], url: URL, size: number) {
  const page = Number(url.searchParams.get('page') ?? 1);
  const last = Math.max(1, Math.ceil(all.length / size));
  const linkTo = (rel: string, target: number) => {
    const linked = new URL(url);
    linked.searchParams.set('page', String(target));
    return `<${linked.href}>; rel="${rel}"`;
  };
  const next = page < last ? [linkTo('next', page + 1)] : [];
  const headers = {
    Link: [...(page > 1 ? [linkTo('prev', page - 1)] : []), ...next, linkTo('first', 1), linkTo('last', last)].join(', '),
    ...{ 'X-Page': String(page), 'X-Per-Page': String(size), 'X-Total': String(all.length), 'X-Total-Pages': String(last) },
    ...{ 'X-Next-Page': page < last ? String(page + 1) : '', 'X-Prev-Page': page > 1 ? String(page - 1) : '' },
  };
  return { items: all.slice((page - 1) * size, page * size), headers };
}

/** Only the next page has a link, with an opaque cursor, and no total is counted. */
function byKeyset<Item extends { readonly id: number }>(all: readonly Item[], url: URL, size: number) {
  const cursor = url.searchParams.get('cursor');
  const after = cursor === null ? -1 : all.findIndex(({ id }) => id === Number(Buffer.from(cursor, 'base64url').toString()));
  const items = all.slice(after + 1, after + 1 + size);
  const linked = new URL(url);
  linked.searchParams.set('cursor', Buffer.from(String(items.at(-1)?.id)).toString('base64url'));
  const headers: Record<string, string> = after + 1 + size < all.length ? { Link: `<${linked.href}>; rel="next"` } : {};
  return { items, headers };
}
