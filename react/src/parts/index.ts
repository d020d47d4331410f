'use client';

// Named one by one, because Next refuses `export *` in a module with that directive.
export { isBlocked, isInvitation, withOwnName } from '../blocked-members.ts';
export { blockedTexts } from '../blocked-texts.ts';
export { default as ConfirmOwner } from '../confirm-owner.tsx';
export { explain, friendlyText } from '../explain.ts';
export { foldText, wordsTest } from '../match-words.ts';
export { MemberName } from '../member-name.tsx';
export { type MemberRow, type OnTeam, priorityOf, rowsOf, type SortKey, sortRows } from '../member-rows.ts';
export { normalizeMemberQuery, parseMemberQuery, searchRows } from '../member-search.ts';
export { OrganizationStatus } from '../organization-status.tsx';
export { personIdOf } from '../person-id.ts';
export { isSelf, managedByProvider, mayAssign, type RoleViewer, whyNotChangeRole } from '../role-permissions.ts';
export { EditConflict, saveUnlessChanged } from '../save-unless-changed.ts';
export { Avatar, Badge } from './badge.tsx';
export { Dialog, type DialogProps } from './dialog.tsx';
export { focusNeighbor } from './focus-neighbor.ts';
export { LoadingList } from './loading-list.tsx';
export { Menu } from './menu.tsx';
export { MenuCheck, MenuItem, MenuLabel, MenuSeparator } from './menu-items.tsx';
export { LoadFailure, LoadFailureContext, loadFailureText, loadOnce, OnDemand } from './on-demand.tsx';
export { Popover } from './popover.tsx';
export { PortalProvider, usePortalContainer } from './portal.ts';
export { type Option, Select, type SelectProps } from './select.tsx';
export { TopLayer } from './top-layer.tsx';
export { useInteraction } from './use-interaction.ts';
export { useSteadyRows } from './use-steady-rows.ts';
export { type Column, type MeasureRow, type Sort, VirtualRow, VirtualTable } from './virtual-table.tsx';
