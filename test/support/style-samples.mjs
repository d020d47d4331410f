// Runs in a page, where `compare-styles.ts` loads it. It is JavaScript, because a page can't load
// TypeScript.

/** The parser of HTML is not involved, so any element may be within any other. */
globalThis.addSamples = ({ source, surroundings }) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(source);
  const selectors = [...new Set(selectorsOf(sheet.cssRules))].filter((one) => !one.startsWith(':where('));
  for (const [name, attributes] of Object.entries(surroundings)) {
    const section = document.createElement('section');
    for (const [attribute, value] of Object.entries(attributes)) section.setAttribute(attribute, value);
    section.setAttribute('data-surroundings', name);
    section.append(...selectors.map(sampleOf));
    document.body.append(section);
  }
  return document.querySelectorAll('[data-selector]').length;
};

function selectorsOf(rules) {
  return [...rules].flatMap((rule) => {
    if (rule instanceof CSSStyleRule) return rule.selectorText.split(/,(?![^()]*\))/).map((one) => one.trim());
    return rule instanceof CSSMediaRule ? selectorsOf(rule.cssRules) : [];
  });
}

/** An element that the selector selects, within its ancestors, without states such as `:hover`. */
function sampleOf(selector) {
  const root = document.createElement('div');
  // The first alternative of `:is()` stands for all of them.
  const parts = selector.replace(/:is\((\w+)[^)]*\)/g, '$1').split(/\s*([>+ ])\s*/);
  let last = root;
  for (let at = 0; at < parts.length; at += 2) {
    const part = parts[at].replace(/:not\([^)]*\)/g, '');
    const tag = /^\w+/.exec(part)?.[0] ?? (part.includes('::placeholder') ? 'input' : 'div');
    const element = document.createElement(tag);
    element.className = [...part.matchAll(/\.([\w-]+)/g)].map(([, name]) => name).join(' ');
    for (const [, name, value = ''] of part.matchAll(/\[([\w-]+)(?:="([^"]*)")?\]/g)) element.setAttribute(name, value);
    if (parts[at - 1] === '+') last.after(element);
    else last.append(element);
    last = element;
  }
  last.setAttribute('data-selector', selector);
  return root;
}

/** The styles of the samples with the built style sheets, then with the source instead. */
globalThis.compareWithSource = (source) => {
  const samples = [...document.querySelectorAll('[data-selector]')];
  const built = samples.map(stylesOf);
  const added = document.createElement('style');
  added.textContent = source;
  const sheets = [...document.styleSheets];
  for (const sheet of sheets) sheet.disabled = true;
  document.head.append(added);
  const wanted = samples.map(stylesOf);
  const borders = samples.flatMap((sample, at) =>
    sample.dataset.selector === '.rollcall-button' ? [wanted[at].get('border-top-color')] : [],
  );
  added.remove();
  for (const sheet of sheets) sheet.disabled = false;
  const differences = samples.flatMap((sample, at) =>
    [...wanted[at]]
      .filter(([property, value]) => built[at].get(property) !== value)
      .map(([property, value]) => {
        const { surroundings } = sample.closest('section').dataset;
        return `${surroundings}: ${sample.dataset.selector} ${property}: ${built[at].get(property)} instead of ${value}`;
      }),
  );
  return { differences, borders };
};

function stylesOf(sample) {
  const style = getComputedStyle(sample, /::[\w-]+/.exec(sample.dataset.selector)?.[0]);
  // Minifiers write the value of a variable differently, and set the position of an image that
  // isn't there. The drawn properties must not change.
  const isDrawn = (property) =>
    !property.startsWith('--') && !(property.startsWith('background-position') && style.backgroundImage === 'none');
  const properties = [...style].filter(isDrawn);
  return new Map(properties.map((property) => [property, style.getPropertyValue(property)]));
}
