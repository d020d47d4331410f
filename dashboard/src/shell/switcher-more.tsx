import { MenuItem } from '@rollcall/react/parts';
import { LayoutGrid, Plus } from 'lucide-react';
import { useLocation } from 'wouter';

/** The last items of the menu of organizations. `onCreate` is null if the user can create none. */
export default function SwitcherMore({ onCreate }: { readonly onCreate: (() => void) | null }) {
  const [, navigate] = useLocation();
  return (
    <>
      <MenuItem icon={LayoutGrid} onChoose={() => navigate('/')}>
        All organizations
      </MenuItem>
      {onCreate && (
        <MenuItem icon={Plus} onChoose={onCreate}>
          Create organization
        </MenuItem>
      )}
    </>
  );
}
