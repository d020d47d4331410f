// Limits how much one run may remove, because a file may be complete JSON and still only half of
// the directory.

/** So that a small organization can lose a member without an option. At most half of it, though. */
const alwaysAllowed = 3;
const namesShown = 10;

/** The number of rows that a run may remove, of `size` rows. */
export function removalsMax(size, percent) {
  if (percent === 0) return 0;
  return Math.max(Math.floor((size * percent) / 100), Math.min(alwaysAllowed, Math.floor(size / 2)));
}

/** A text for each group of which too much would be removed. */
export function excessiveRemovals(groups, percent) {
  return groups
    .filter(({ size, removals }) => removals.length > removalsMax(size, percent))
    .map(({ name, size, removals }) => {
      const names = removals.slice(0, namesShown).map(({ what }) => what);
      const more = removals.length > namesShown ? ', …' : '';
      return `${name}: ${removals.length} of ${size} would be removed, at most ${removalsMax(size, percent)} may be: ${names.join(', ')}${more}`;
    });
}
