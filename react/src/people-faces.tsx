import type { OrganizationViewer } from '@rollcall/client';
import { Avatar } from './parts/badge.tsx';
import { Popover } from './parts/popover.tsx';

/** Further people are only counted. */
const facesMax = 3;

interface PeopleFacesProps {
  /** At least one. */
  readonly others: readonly OrganizationViewer[];
  /** The page that the user is viewing, such as `teams`. */
  readonly page: string;
  titleOf(page: string): string | undefined;
}

/** The faces of other users, those on the same page first. They open a list of names. */
export default function PeopleFaces({ others, page, titleOf }: PeopleFacesProps) {
  const sorted = others.toSorted((a, b) => Number(b.page === page) - Number(a.page === page));
  const here = others.filter((viewer) => viewer.page === page).length;
  const names = sorted.map(({ name }) => name).join(', ');
  const words = here > 0 ? `${here} ${here === 1 ? 'other' : 'others'} on this page` : `${others.length} on other pages`;
  return (
    <Popover
      label="Who else is here"
      trigger={
        <button type="button" className="rollcall-presence" aria-label={`${words}. Also here: ${names}`}>
          {sorted.slice(0, facesMax).map((viewer) => (
            <span key={viewer.userId} className="rollcall-present-person" data-here={viewer.page === page || undefined}>
              <Avatar name={viewer.name} id={viewer.userId} />
            </span>
          ))}
          {others.length > facesMax && <span className="rollcall-present-more">+{others.length - facesMax}</span>}
        </button>
      }
    >
      {() => (
        <ul className="rollcall-present-list">
          {sorted.map((viewer) => (
            <li key={viewer.userId}>
              <Avatar name={viewer.name} id={viewer.userId} />
              <span>
                {viewer.name}
                <small>{describePage(viewer, page, titleOf)}</small>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Popover>
  );
}

function describePage(viewer: OrganizationViewer, page: string, titleOf: PeopleFacesProps['titleOf']): string {
  if (viewer.page === page) return 'On this page';
  const title = viewer.page === null ? undefined : titleOf(viewer.page);
  return title === undefined ? 'In this organization' : `On ${title}`;
}
