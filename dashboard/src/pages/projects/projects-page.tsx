import { type Column, Combobox, useInteraction, useSteadyRows, VirtualTable } from '@rollcall/react/parts';
import { Boxes, Eye, Plus, SearchX } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { Button } from '../../kit/button.ts';
import { SearchField } from '../../kit/search-field.tsx';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { useOrgState, useOrgStatus } from '../../live/organization.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import { useUrlValues } from '../../shell/use-url-values.ts';
import { useViewer } from '../members/use-viewer.ts';
import { AccessDialog } from './access-dialog.tsx';
import { CreateProjectDialog } from './create-project-dialog.tsx';
import { ProjectPanel } from './project-panel.tsx';
import { ProjectTableRow } from './project-row.tsx';
import { projectRowsOf } from './project-rows.ts';
import { searchProjects } from './project-search.ts';
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

const urlDefaults = { query: '', team: '' };

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
  const { isInteracting, props: interaction } = useInteraction();
  const { values, choose, type } = useUrlValues(urlDefaults);
  const { query: text, team } = values;
  const [isCreating, setCreating] = useState(false);
  const [accessQuestion, setAccessQuestion] = useState<{ readonly projectId: string | null } | null>(null);

  const rows = useMemo(() => projectRowsOf({ projects, projectTeams, teams }), [projects, projectTeams, teams]);
  const found = useMemo(() => searchProjects(rows, text, team), [rows, text, team]);
  const shown = useSteadyRows(found, `${text}|${team}`, isInteracting);
  const allTeams = useMemo(() => teams.toSorted((a, b) => (a.slug < b.slug ? -1 : 1)), [teams]);
  const explainFor = useCallback((projectId: string) => setAccessQuestion({ projectId }), []);
  const teamOptions = useMemo(
    () => [{ value: '', label: 'All teams' }, ...allTeams.map((one) => ({ value: one.slug, label: `#${one.slug}` }))],
    [allTeams],
  );
  return (
    <>
      <PageHeader
        title="Projects"
        description={rows.length === 0 ? 'Projects and the teams that own them' : describeCount(rows.length, found.length)}
        actions={
          <>
            {rows.length > 0 && (
              <Button icon={Eye} onClick={() => setAccessQuestion({ projectId: null })}>
                Check access
              </Button>
            )}
            {whyNotCreate === null && (
              <Button variant="primary" icon={Plus} onClick={() => setCreating(true)}>
                Create project
              </Button>
            )}
          </>
        }
      />
      <div className="card projects">
        {revision !== null && rows.length > 0 && (
          <div className="list-toolbar">
            <SearchField
              label="Search projects"
              placeholder="Search by slug, name or platform"
              value={text}
              onValue={(query) => type({ query })}
            />
            <Combobox label="Filter by team" value={team} options={teamOptions} onValue={(next) => choose({ team: next })} />
          </div>
        )}
        {revision === null ? (
          <LoadingList label="Loading projects" progress={loading} />
        ) : rows.length === 0 ? (
          <EmptyState icon={Boxes} title="No projects yet">
            {whyNotCreate ?? 'Create a project to give teams something to work on.'}
          </EmptyState>
        ) : shown.length === 0 ? (
          <EmptyState icon={SearchX} title="No projects found" action={<Button onClick={() => choose(urlDefaults)}>Clear search</Button>} />
        ) : (
          <div {...interaction}>
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
          key={openId}
          id={openId}
          row={rows.find(({ id }) => id === openId) ?? null}
          allTeams={allTeams}
          onExplain={() => explainFor(openId)}
          onClose={() => navigate(`${address}${location.search}`, { replace: true })}
        />
      )}
      {isCreating && (
        <CreateProjectDialog
          viewer={viewer}
          allTeams={allTeams}
          onCreated={(id) => navigate(`${address}${id}/${location.search}`)}
          onClose={() => setCreating(false)}
        />
      )}
      {accessQuestion && <AccessDialog projectId={accessQuestion.projectId} onClose={() => setAccessQuestion(null)} />}
    </>
  );
}

function describeCount(all: number, found: number): string {
  const projects = `${all.toLocaleString('en')} ${all === 1 ? 'project' : 'projects'}`;
  return found === all ? projects : `${found.toLocaleString('en')} of ${projects}`;
}
