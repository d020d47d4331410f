/** The kinds of events that can be chosen. */
export const eventChoices: readonly { readonly value: string; readonly label: string }[] = [
  { value: 'invite.*', label: 'Invitations and requests' },
  { value: 'member.*', label: 'Members' },
  { value: 'team.*', label: 'Teams' },
  { value: 'project.*', label: 'Projects' },
  { value: 'flag.changed', label: 'Security settings' },
  { value: 'setting.changed', label: 'Settings' },
  { value: 'organization.updated', label: 'Name and slug' },
  { value: 'integration.*', label: 'Integrations' },
];
