import { type MemberRecord, orgRoles, type TeamRecord } from '@rollcall/client';
import { Menu, MenuItem, mayAssign } from '@rollcall/react/parts';
import { ChevronDown, UserMinus, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useBulk } from '../../bulk/bulk-context.ts';
import { type BulkChoice, type BulkPlan, planBulk } from '../../bulk/plan-bulk.ts';
import { Button } from '../../kit/button.ts';
import { ComboboxMenu } from '../../kit/combobox-menu.tsx';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { Dock } from '../../kit/dock.tsx';
import { focusPage } from '../../kit/focus-page.ts';
import { isTyping } from '../../kit/search-field.tsx';
import { useHighlights, useOrganization } from '../../live/organization.tsx';
import { canAddAtOnce, type MemberViewer, managesTeam } from './member-permissions.ts';
import './bulk-bar.css';

interface BulkBarProps {
  readonly selected: readonly MemberRecord[];
  /** "All 111 that match". */
  readonly text: string;
  readonly viewer: MemberViewer;
  readonly allTeams: readonly TeamRecord[];
  onClear(): void;
}

/** A change of fewer members starts at once, and can be undone. */
const confirmedFrom = 25;

/** The actions on all selected members, at the bottom of the window. */
export default function BulkBar({ selected, text, viewer, allTeams, onClear }: BulkBarProps) {
  const org = useOrganization();
  const highlights = useHighlights();
  const { whyNot, start } = useBulk();
  const [plan, setPlan] = useState<BulkPlan | null>(null);
  const bar = useRef<HTMLDivElement>(null);
  useBarKeys(bar, onClear);

  const begin = async ({ task }: BulkPlan) => {
    await start(task, (ids) => highlights.expectOwn(ids.map((id) => `member:${id}`)));
    onClear();
  };
  const choose = (choice: BulkChoice) => {
    const { organization, teamMembers } = org.state;
    if (whyNot !== null || !organization) return;
    const planned = planBulk(choice, selected, { organization, teamMembers, viewer });
    const isGrave = choice.kind === 'remove' || (choice.kind === 'role' && choice.role === 'owner');
    if (isGrave || selected.length >= confirmedFrom) setPlan(planned);
    // After a failure, which was shown, the selection stays.
    else begin(planned).catch(() => {});
  };

  return (
    <Dock order={1}>
      <section aria-label="Selection">
        <div className="bulk-bar" role="toolbar" aria-label="Selected members" ref={bar}>
          <strong>{text}</strong>
          {viewer.canAdminMembers && (
            <Menu label="Change role of selected members" align="start" trigger={<BulkButton whyNot={whyNot}>Change role</BulkButton>}>
              {() =>
                Object.values(orgRoles)
                  .filter(({ id }) => mayAssign(viewer, id))
                  .map(({ id, name, desc }) => (
                    <MenuItem key={id} onChoose={() => choose({ kind: 'role', role: id })}>
                      {name}
                      <small>{desc}</small>
                    </MenuItem>
                  ))
              }
            </Menu>
          )}
          <TeamsMenu
            label="Add selected members to a team"
            buttonText="Add to team"
            whyNot={whyNot}
            teams={() => allTeams.filter((team) => canAddAtOnce(viewer, team) && !team.flags['idp:provisioned'])}
            onChoose={(team) => choose({ kind: 'add', team })}
          />
          <TeamsMenu
            label="Remove selected members from a team"
            buttonText="Remove from team"
            whyNot={whyNot}
            teams={() => allTeams.filter((team) => managesTeam(viewer, team))}
            onChoose={(team) => choose({ kind: 'leave', team })}
          />
          {viewer.canAdminMembers && (
            <Button isSmall icon={UserMinus} whyNot={whyNot} onClick={() => choose({ kind: 'remove' })}>
              Remove
            </Button>
          )}
          <Button
            isSmall
            variant="quiet"
            icon={X}
            onClick={() => {
              onClear();
              focusPage();
            }}
          >
            Clear
          </Button>
        </div>
      </section>
      {plan && (
        <ConfirmDialog
          title={plan.title}
          action={plan.action}
          isHarmless={plan.isHarmless}
          whyNot={plan.size === 0 ? 'There is nothing to change.' : null}
          onConfirm={() => begin(plan)}
          onClose={() => setPlan(null)}
        >
          {plan.text}
        </ConfirmDialog>
      )}
    </Dock>
  );
}

/** Esc clears the selection, and A moves the focus here from any row. */
function useBarKeys(bar: React.RefObject<HTMLElement | null>, onClear: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isElsewhere =
        event.defaultPrevented || isTyping(event.target) || document.querySelector('dialog[open], [role="menu"], [role="listbox"]');
      if (isElsewhere || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'Escape') onClear();
      else if (event.key === 'a') bar.current?.querySelector('button')?.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [bar, onClear]);
}

interface TeamsMenuProps {
  readonly label: string;
  readonly buttonText: string;
  readonly whyNot: string | null;
  readonly teams: () => readonly TeamRecord[];
  onChoose(team: TeamRecord): void;
}

function TeamsMenu({ label, buttonText, whyNot, teams, onChoose }: TeamsMenuProps) {
  return (
    <ComboboxMenu
      label={label}
      trigger={<BulkButton whyNot={whyNot}>{buttonText}</BulkButton>}
      none="No teams yet."
      options={() => teams().map(({ id, slug }) => ({ value: id, label: `#${slug}` }))}
      onChoose={(id) => {
        const team = teams().find((one) => one.id === id);
        if (team) onChoose(team);
      }}
    />
  );
}

function BulkButton({ whyNot, children, ...rest }: React.ComponentProps<'button'> & { readonly whyNot: string | null }) {
  return (
    <button
      type="button"
      {...rest}
      {...(whyNot !== null && { 'aria-disabled': true, 'aria-description': whyNot })}
      className="rollcall-button rollcall-button-small"
    >
      {children}
      <ChevronDown size={14} aria-hidden />
    </button>
  );
}
