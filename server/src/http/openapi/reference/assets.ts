/** Strings, so that the build has no assets to copy. */

export const referenceStyle = `
:root {
  color-scheme: light dark;
  --back: #ffffff; --front: #1d2430; --soft: #5b6575; --line: #dfe3e9; --raised: #f5f7f9; --link: #1a5fb4;
  --get: #1a5fb4; --post: #1b7a43; --put: #935f00; --delete: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14181f; --front: #e4e8ee; --soft: #98a3b3; --line: #2c333e; --raised: #1b212a; --link: #83b4f5;
    --get: #83b4f5; --post: #75cf9b; --put: #e5b45c; --delete: #f29a93;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 72px; }
body { margin: 0; background: var(--back); color: var(--front); font: 15px/1.5 system-ui, sans-serif; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
code { font: 0.92em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
header {
  position: sticky; top: 0; z-index: 1; display: flex; align-items: center; gap: 8px 20px; padding: 10px 24px;
  background: var(--back); border-bottom: 1px solid var(--line);
}
h1 { margin: 0; font-size: 18px; white-space: nowrap; }
.version { color: var(--soft); font-weight: normal; font-size: 14px; }
#filter {
  flex: 1; min-width: 0; max-width: 420px; margin-left: auto; padding: 6px 10px; border: 1px solid var(--line); border-radius: 6px;
  background: var(--raised); color: inherit; font: inherit;
}
nav {
  position: fixed; top: 53px; bottom: 0; left: 0; width: 280px; overflow-y: auto; padding: 12px 16px 24px 24px;
  border-right: 1px solid var(--line); font-size: 13.5px;
}
nav h2 { margin: 16px 0 4px; font-size: 13.5px; }
nav h2 a { color: inherit; }
nav ul { margin: 0; padding: 0; list-style: none; }
nav li a { display: block; padding: 2px 0; color: var(--soft); }
nav li a:hover { color: var(--link); }
main { margin-left: 280px; padding: 8px 32px 64px; max-width: 1080px; }
main h2 { margin: 36px 0 4px; font-size: 20px; }
.intro h2 { font-size: 16px; margin-top: 20px; }
main section > p { margin: 4px 0 12px; color: var(--soft); max-width: 72ch; }
.intro > p { color: inherit; }
details { border: 1px solid var(--line); border-radius: 8px; margin: 8px 0; }
details[open] > summary { border-bottom: 1px solid var(--line); background: var(--raised); border-radius: 8px 8px 0 0; }
summary { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 12px; padding: 8px 14px; cursor: pointer; border-radius: 8px; }
summary::-webkit-details-marker { display: none; }
summary:hover { background: var(--raised); }
summary:focus-visible, a:focus-visible, input:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
.method { flex: 0 0 56px; font: 700 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.get { color: var(--get); } .post { color: var(--post); } .put { color: var(--put); } .delete { color: var(--delete); }
.path { flex: 0 1 auto; }
.path i { color: var(--soft); font-style: normal; }
.summary { margin-left: auto; color: var(--soft); font-size: 14px; }
.body { padding: 4px 14px 12px; }
.body > p { margin: 8px 0; max-width: 80ch; }
h4 { margin: 16px 0 4px; font-size: 13px; color: var(--soft); }
.fields { margin: 0; }
.fields > div { display: grid; grid-template-columns: minmax(0, 260px) minmax(0, 1fr); gap: 2px 16px; padding: 5px 0; border-top: 1px solid var(--line); }
.fields > div:first-child { border-top: 0; }
.fields > div:target { background: var(--raised); }
dt { overflow-wrap: anywhere; }
dd { margin: 0; }
.type { color: var(--soft); }
.what { display: block; }
.mark { color: var(--soft); font-size: 12.5px; }
.permalink { font-size: 13px; }
pre { margin: 4px 0; padding: 10px 12px; border-radius: 6px; background: var(--raised); overflow-wrap: anywhere; white-space: pre-wrap; }
[hidden] { display: none !important; }
@media (max-width: 860px) {
  nav { position: static; width: auto; border-right: 0; padding: 4px 16px; columns: 2 120px; }
  nav section > ul { display: none; }
  nav section:last-child > ul { display: block; }
  nav h2 { margin: 0; padding: 3px 0; font-weight: normal; }
  nav section:last-child > h2 { display: none; }
  nav section:last-child a { color: inherit; padding: 3px 0; font-size: 13.5px; }
  main { margin-left: 0; padding: 0 16px 48px; }
  header { flex-wrap: wrap; padding: 10px 16px; }
  #filter { order: 1; flex-basis: 100%; max-width: none; margin-left: 0; }
  header > a { margin-left: auto; }
  html { scroll-padding-top: 104px; }
  .method { flex-basis: 52px; }
  .path { flex: 1 1 0; min-width: 0; }
  .summary { flex-basis: 100%; margin-left: 0; }
  .fields > div { grid-template-columns: minmax(0, 1fr); }
}
@media print { nav, header { position: static; } #filter { display: none; } main { margin: 0; } nav { display: none; } }
`;

/** Opens the operation that a link leads to, and hides those that lack a word of the filter. */
export const referenceScript = `
'use strict';
const filter = document.getElementById('filter');
const operations = [...document.querySelectorAll('details.operation')];

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!(target instanceof HTMLDetailsElement)) return;
  if (target.hidden) {
    filter.value = '';
    applyFilter();
  }
  target.open = true;
  target.scrollIntoView();
}

function applyFilter() {
  const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const shown = new Set(operations.filter((one) => words.every((word) => one.dataset.words.includes(word))).map((one) => one.id));
  for (const one of operations) one.hidden = !shown.has(one.id);
  for (const section of document.querySelectorAll('section.tag')) section.hidden = !section.querySelector('details:not([hidden])');
  for (const section of document.querySelectorAll('nav section:not(:last-child)')) {
    const items = [...section.querySelectorAll('li')];
    for (const item of items) item.hidden = !shown.has(item.firstElementChild.hash.slice(1));
    section.hidden = items.every((item) => item.hidden);
  }
  document.getElementById('nothing').hidden = shown.size > 0;
  document.querySelector('.intro').hidden = words.length > 0;
}

filter.hidden = false;
filter.addEventListener('input', applyFilter);
addEventListener('hashchange', openTarget);
addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target instanceof HTMLInputElement) return;
  event.preventDefault();
  filter.focus();
});
openTarget();
`;
