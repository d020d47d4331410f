'use client';

export { Can, type CanProps } from '@rollcall/client/react';
export { InviteButton, type InviteButtonProps } from './invite-button.tsx';
export { MemberList, type MemberListProps } from './member-list.tsx';
export { OrganizationSwitcher, type OrganizationSwitcherProps } from './organization-switcher.tsx';
export { PresenceStack, type PresenceStackProps } from './presence-stack.tsx';
export { RoleSelect, type RoleSelectProps } from './role-select.tsx';
