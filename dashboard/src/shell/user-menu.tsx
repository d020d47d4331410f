import { loadOnce, Menu } from '@rollcall/react/parts';
import { lazy } from 'react';
import { Avatar } from '../kit/badge.ts';
import { useSession } from '../session/session.tsx';

const loadItems = loadOnce(() => import('./user-menu-items.tsx'));
const UserMenuItems = lazy(loadItems);

export function UserMenu() {
  const { me } = useSession();
  return (
    <Menu
      label="Your account"
      align="start"
      loadFirst={loadItems}
      trigger={
        <button type="button" className="user-button">
          <Avatar name={me.name} id={me.id} />
          <span className="visually-hidden">Your account: </span>
          <span className="user-name">
            <strong>{me.name}</strong>
            <small>{me.email}</small>
          </span>
        </button>
      }
    >
      {() => <UserMenuItems />}
    </Menu>
  );
}
