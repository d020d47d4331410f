/** Draws a list of names, of which the first is present. */
export const pageIcon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="8" fill="#4f46c9"/>
<circle cx="9.5" cy="10" r="3" fill="#7ff0b4"/>
<path d="M15 10h9M8 16.5h16M8 23h11" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/>
</svg>
`;
