import { focusNeighbor, type MeasureRow, VirtualRow } from '@rollcall/react/parts';
import { Eye } from 'lucide-react';
import { memo, useLayoutEffect, useRef } from 'react';
import { Badge } from '../../kit/badge.ts';
import { IconButton } from '../../kit/button.ts';
import { ChangedBy } from '../../live/changed-by.tsx';
import { useCan } from '../../live/organization.tsx';
import { useHighlight } from '../../live/use-highlight.ts';
import { RecordLink } from '../../shell/record-link.tsx';
import type { ProjectRow } from './project-rows.ts';

interface ProjectTableRowProps {
  readonly row: ProjectRow;
  readonly index: number;
  readonly measure: MeasureRow;
  readonly isGone: boolean;
  /** The URL path of the page. The path of each project begins with it. */
  readonly address: string;
  onExplain(id: string): void;
}

/** The teams that fit without a taller row. */
const teamsMax = 4;

export const ProjectTableRow = memo(function ProjectTableRow({ row, index, measure, isGone, address, onExplain }: ProjectTableRowProps) {
  const { project, teams } = row;
  const highlight = useHighlight(`project:${project.id}`);
  const nameCell = useRef<HTMLTableCellElement>(null);
  useLayoutEffect(() => {
    const element = nameCell.current?.closest('tr') ?? null;
    if (isGone && element?.contains(document.activeElement)) focusNeighbor(element);
  }, [isGone]);
  const shown = teams.length > teamsMax ? teams.slice(0, teamsMax - 1) : teams;
  return (
    <VirtualRow index={index} measure={measure} data-changed={highlight ? '' : undefined} data-gone={isGone || undefined} inert={isGone}>
      <th ref={nameCell} scope="row" aria-label={project.slug} className="row-name">
        <span className="row-name-line">
          <RecordLink href={`${address}${project.id}/`} aria-label={`${project.slug}: details`}>
            {project.slug}
          </RecordLink>
          <ChangedBy highlight={highlight} />
        </span>
        {project.name !== project.slug && <small>{project.name}</small>}
      </th>
      <td className="row-soft project-platform">{project.platform ?? '–'}</td>
      <td className="project-teams">
        <span className="row-tags">
          {shown.map(({ id, slug }) => (
            <span key={id} className="row-tag">
              #{slug}
            </span>
          ))}
          {shown.length < teams.length && <span className="row-soft">+{teams.length - shown.length} more</span>}
          {teams.length === 0 && <span className="row-soft">No teams</span>}
        </span>
      </td>
      <td className="project-access">
        <OwnAccess projectId={project.id} />
      </td>
      <td className="row-actions">
        <IconButton icon={Eye} label={`Check access to ${project.slug}`} onClick={() => onExplain(project.id)} />
      </td>
    </VirtualRow>
  );
});

function OwnAccess({ projectId }: { readonly projectId: string }) {
  const { allowed: canRead } = useCan('project:read', { projectId });
  const { allowed: canWrite } = useCan('project:write', { projectId });
  if (canWrite) return <Badge tone="accent">Can edit</Badge>;
  return canRead ? <Badge>Can view</Badge> : <Badge tone="warn">No access</Badge>;
}
