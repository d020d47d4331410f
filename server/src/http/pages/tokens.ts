/**
 * The colors, sizes and theme of these pages and of the web console, which link to the same two
 * files. They are strings, so that the server's build has no assets to copy.
 */

export const designTokens = `:root {
  color-scheme: light dark;
  --canvas: light-dark(#f7f7f9, #101014);
  --surface: light-dark(#ffffff, #17171d);
  --raised: light-dark(#ffffff, #1f1f27);
  --sunken: light-dark(#f1f1f5, #1f1f27);
  --hover: light-dark(#f1f1f6, #22222b);
  --border: light-dark(#e4e4ea, #2a2a34);
  --border-strong: light-dark(#8b8b9b, #6c6c7d);
  --text: light-dark(#1b1b22, #ededf2);
  --text-soft: light-dark(#565664, #adadbb);
  --text-faint: light-dark(#676775, #9393a3);
  --accent: light-dark(#4f46c9, #665de0);
  --accent-hover: light-dark(#423aae, #5850cd);
  --on-accent: #ffffff;
  --accent-soft: light-dark(#eeedfb, #272548);
  --accent-text: light-dark(#463eb8, #b1adff);
  --good-soft: light-dark(#e3f4ea, #143024);
  --good-text: light-dark(#14633b, #6fdc9f);
  --good: light-dark(#1f9d5b, #3ecb80);
  --warn-soft: light-dark(#fcf0d9, #372a12);
  --warn-text: light-dark(#7d4c00, #f3c16a);
  --warn: light-dark(#c77d08, #e5a63a);
  --bad: light-dark(#c0262f, #cf3b45);
  --bad-hover: light-dark(#a51e27, #b92f38);
  --bad-soft: light-dark(#fdeaea, #3b1a1d);
  --bad-text: light-dark(#ad1f28, #ff9a9f);
  --changed: light-dark(#fff3c9, #3a3213);
  --shadow: 0 1px 2px light-dark(rgb(20 20 40 / 6%), rgb(0 0 0 / 40%));
  --shadow-high: 0 8px 30px light-dark(rgb(20 20 40 / 16%), rgb(0 0 0 / 60%)), 0 1px 3px light-dark(rgb(20 20 40 / 10%), rgb(0 0 0 / 50%));
  --radius-small: 5px;
  --radius: 8px;
  --radius-large: 12px;
  --font: system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
  --font-code: ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace;
}
:root[data-theme='light'] { color-scheme: light; }
:root[data-theme='dark'] { color-scheme: dark; }
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; background: var(--canvas); color: var(--text); font: 14px/1.5 var(--font); -webkit-font-smoothing: antialiased; }
:focus-visible { outline: 2px solid var(--accent-text); outline-offset: 2px; }
`;

/** Sets the theme chosen in this browser. A separate script, which runs before the first paint. */
export const themeScript = `try {
  const theme = localStorage.getItem('rollcall-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Without storage, the page uses the theme of the system.
}
`;
