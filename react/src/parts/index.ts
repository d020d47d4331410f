'use client';

// Named one by one, because Next refuses `export *` in a module with that directive.
export { ConfirmOwner } from '../confirm-owner.tsx';
export { explain, friendlyText } from '../explain.ts';
export { isSelf, managedByProvider, mayAssign, type RoleViewer, whyNotChangeRole } from '../role-permissions.ts';
export { EditConflict, saveUnlessChanged } from '../save-unless-changed.ts';
export { Dialog, type DialogProps } from './dialog.tsx';
export { PortalProvider, usePortalContainer } from './portal.ts';
export { type Option, Select, type SelectProps } from './select.tsx';
export { TopLayer } from './top-layer.tsx';
