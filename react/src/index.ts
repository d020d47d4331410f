'use client';

export { Can, type CanProps } from '@rollcall/client/react';
export { RoleSelect, type RoleSelectProps } from './role-select.tsx';
