'use client';

export { Can, type CanProps } from '@rollcall/client/react';
export { MemberList, type MemberListProps } from './member-list.tsx';
export { RoleSelect, type RoleSelectProps } from './role-select.tsx';
