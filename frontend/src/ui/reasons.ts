/** A reason without the words that stand above it already: "Not evaluable: slices are missing" under "Not evaluable". */
export function reasonUnder(heading: string, reason: string): string {
  if (!reason.startsWith(heading)) {
    return reason;
  }
  const rest = reason.slice(heading.length).replace(/^[\s\p{P}]+/u, '');
  return rest === '' ? reason : rest.charAt(0).toUpperCase() + rest.slice(1);
}
