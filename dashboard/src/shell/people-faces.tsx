import type { OrganizationViewer } from '@rollcall/client';
import { Avatar } from '../kit/badge.ts';
import { Popover } from '../kit/popover.tsx';
import { findPage } from './pages.ts';
import './people-faces.css';

/** Further people are only counted. */
const facesMax = 3;

interface PeopleFacesProps {
  /** At least one. */
  readonly others: readonly OrganizationViewer[];
  /** The page of the user: `teams`. */
  readonly page: string;
}

/** The faces of other users, those on the same page first. They open a list of names. */
export default function PeopleFaces({ others, page }: PeopleFacesProps) {
  const sorted = others.toSorted((a, b) => Number(b.page === page) - Number(a.page === page));
  const here = others.filter((viewer) => viewer.page === page).length;
  const names = sorted.map(({ name }) => name).join(', ');
  const words = here > 0 ? `${here} ${here === 1 ? 'other' : 'others'} on this page` : `${others.length} on other pages`;
  return (
    <Popover
      label="Who else is here"
      trigger={
        <button type="button" className="present-people" aria-label={`${words}. Also here: ${names}`}>
          {sorted.slice(0, facesMax).map((viewer) => (
            <span key={viewer.userId} className="present-person" data-here={viewer.page === page || undefined}>
              <Avatar name={viewer.name} id={viewer.userId} />
            </span>
          ))}
          {others.length > facesMax && <span className="present-more">+{others.length - facesMax}</span>}
        </button>
      }
    >
      {() => (
        <ul className="present-list">
          {sorted.map((viewer) => (
            <li key={viewer.userId}>
              <Avatar name={viewer.name} id={viewer.userId} />
              <span>
                {viewer.name}
                <small>{describePage(viewer, page)}</small>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Popover>
  );
}

function describePage(viewer: OrganizationViewer, page: string): string {
  if (viewer.page === page) return 'On this page';
  const title = viewer.page === null ? undefined : findPage(viewer.page)?.title;
  return title === undefined ? 'In this organization' : `On ${title}`;
}
