export const referenceStyle = '';
export const referenceScript = '';
