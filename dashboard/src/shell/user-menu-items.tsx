import { MenuCheck, MenuItem, MenuLabel, MenuSeparator } from '@rollcall/react/parts';
import { LogOut, UserRound } from 'lucide-react';
import { useLocation } from 'wouter';
import { useToasts } from '../kit/toast-context.ts';
import { logOut } from '../session/log-in.ts';
import { useSession } from '../session/session.tsx';
import { type Theme, useTheme } from './theme.ts';

const themes: readonly { readonly theme: Theme; readonly name: string }[] = [
  { theme: 'system', name: 'System' },
  { theme: 'light', name: 'Light' },
  { theme: 'dark', name: 'Dark' },
];

export default function UserMenuItems() {
  const { client, forget } = useSession();
  const [theme, setTheme] = useTheme();
  const [, navigate] = useLocation();
  const toasts = useToasts();
  const leave = () => logOut(client, forget).catch((error: Error) => toasts.show({ text: error.message, isError: true }));
  return (
    <>
      <MenuLabel>Theme</MenuLabel>
      {themes.map(({ theme: one, name }) => (
        <MenuCheck key={one} isChecked={theme === one} onChange={() => setTheme(one)}>
          {name}
        </MenuCheck>
      ))}
      <MenuSeparator />
      <MenuItem icon={UserRound} onChoose={() => navigate('/account/')}>
        Your account
      </MenuItem>
      <MenuItem icon={LogOut} onChoose={leave}>
        Log out
      </MenuItem>
    </>
  );
}
