import { loadable, Menu } from '@rollcall/react/parts';
import { Avatar } from '../kit/badge.ts';
import { useSession } from '../session/session.tsx';

const UserMenuItems = loadable(() => import('./user-menu-items.tsx'));

export function UserMenu() {
  const { me } = useSession();
  return (
    <Menu
      label="Your account"
      align="start"
      loadFirst={UserMenuItems.load}
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
