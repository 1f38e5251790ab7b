/** A list with one of its entries a step earlier or later; at an end it stays. */
export function moved<T>(list: readonly T[], at: number, step: 1 | -1): T[] {
  const to = at + step;
  const next = [...list];
  const [taken] = next.splice(at, 1);
  if (taken === undefined || to < 0 || to >= list.length) {
    return [...list];
  }
  next.splice(to, 0, taken);
  return next;
}
