import { Boxes, Eye, Plus, SearchX } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { Button } from '../../kit/button.tsx';
import { Select } from '../../kit/field.tsx';
import { SearchField } from '../../kit/search-field.tsx';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { useHeld } from '../../kit/use-held.ts';
import { useSteadyRows } from '../../kit/use-steady-rows.ts';
import { type Column, VirtualTable } from '../../kit/virtual-table.tsx';
import { useOrgState, useOrgStatus } from '../../live/organization.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import { useViewer } from '../members/use-viewer.ts';
import { AccessDialog } from './access-dialog.tsx';
import { CreateProjectDialog } from './create-project-dialog.tsx';
import { ProjectPanel } from './project-panel.tsx';
import { ProjectTableRow } from './project-row.tsx';
import { projectRowsOf, searchProjects } from './project-rows.ts';
import { useWhyNotCreate } from './use-why-not-create.ts';
import '../../kit/list.css';
import './projects-page.css';

const columns: readonly Column[] = [
  { key: 'project', header: 'Project' },
  { key: 'platform', header: 'Platform' },
  { key: 'teams', header: 'Teams' },
  { key: 'access', header: 'Your access' },
  { key: 'actions', header: null, label: 'Actions' },
];

export default function ProjectsPage() {
  const { org: slug, '*': rest = '' } = useParams<{ org: string; '*'?: string }>();
  const address = `/organizations/${slug}/projects/`;
  const openId = rest.split('/')[1] || null;
  const [, navigate] = useLocation();
  const { loading, revision } = useOrgStatus();
  const projects = useOrgState((state) => state.projects);
  const projectTeams = useOrgState((state) => state.projectTeams);
  const teams = useOrgState((state) => state.teams);
  const viewer = useViewer();
  const whyNotCreate = useWhyNotCreate(viewer);
  const { isHeld, props: held } = useHeld();
  const [text, setText] = useState('');
  const [team, setTeam] = useState('');
  const [isCreating, setCreating] = useState(false);
  const [asked, setAsked] = useState<{ readonly projectId: string | null } | null>(null);

  const rows = useMemo(() => projectRowsOf({ projects, projectTeams, teams }), [projects, projectTeams, teams]);
  const found = useMemo(() => searchProjects(rows, text, team), [rows, text, team]);
  const shown = useSteadyRows(found, `${text}|${team}`, isHeld);
  const allTeams = useMemo(() => teams.toSorted((a, b) => (a.slug < b.slug ? -1 : 1)), [teams]);
  const explainFor = useCallback((projectId: string) => setAsked({ projectId }), []);
  const clear = () => {
    setText('');
    setTeam('');
  };
  return (
    <>
      <PageHeader
        title="Projects"
        description={rows.length === 0 ? 'What teams work on' : `${rows.length.toLocaleString('en')} in all`}
        actions={
          <>
            <Button icon={Eye} whyNot={rows.length === 0 ? 'There is no project yet.' : null} onClick={() => setAsked({ projectId: null })}>
              Explain access
            </Button>
            <Button variant="primary" icon={Plus} whyNot={whyNotCreate} onClick={() => setCreating(true)}>
              Create project
            </Button>
          </>
        }
      />
      <div className="card projects">
        {revision !== null && rows.length > 0 && (
          <div className="list-toolbar">
            <SearchField label="Search projects" placeholder="Search by slug, name or platform" value={text} onValue={setText} />
            <Select
              label="Filter by team"
              value={team}
              options={[{ value: '', label: 'Every team' }, ...allTeams.map((one) => ({ value: one.slug, label: `#${one.slug}` }))]}
              onValue={setTeam}
            />
          </div>
        )}
        {revision === null ? (
          <LoadingList label="Loading the projects" progress={loading} />
        ) : rows.length === 0 ? (
          <EmptyState icon={Boxes} title="There are no projects yet">
            A project is what programs send to, and what teams reach. {whyNotCreate ?? 'Create the first one.'}
          </EmptyState>
        ) : shown.length === 0 ? (
          <EmptyState icon={SearchX} title="No project matches" action={<Button onClick={clear}>Show all</Button>} />
        ) : (
          <div {...held}>
            <VirtualTable
              label="Projects"
              columns={columns}
              template="minmax(170px, 2fr) 120px minmax(140px, 2fr) 96px 34px"
              rows={shown}
              cardHeight={118}
              renderRow={({ row, isGone }, index, measure) => (
                <ProjectTableRow
                  key={row.id}
                  row={row}
                  index={index}
                  measure={measure}
                  isGone={isGone}
                  address={address}
                  onExplain={explainFor}
                />
              )}
            />
          </div>
        )}
      </div>
      {openId !== null && revision !== null && (
        <ProjectPanel
          row={rows.find(({ id }) => id === openId) ?? null}
          allTeams={allTeams}
          onExplain={() => explainFor(openId)}
          onClose={() => navigate(address, { replace: true })}
        />
      )}
      {isCreating && (
        <CreateProjectDialog
          viewer={viewer}
          allTeams={allTeams}
          onCreated={(id) => navigate(`${address}${id}/`)}
          onClose={() => setCreating(false)}
        />
      )}
      {asked && <AccessDialog projectId={asked.projectId} onClose={() => setAsked(null)} />}
    </>
  );
}
