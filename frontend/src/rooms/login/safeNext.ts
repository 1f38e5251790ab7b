/** Where to go after the sign-in: only to pages of this site. */
export function safeNext(next: string | null, firstPage: string): string {
  return next !== null && /^\/(?![/\\])/.test(next) && !next.startsWith('/login') ? next : firstPage;
}
