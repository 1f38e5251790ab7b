import { z } from 'zod';

// The page runs under a Content-Security-Policy without 'unsafe-eval'; zod would try to compile.
z.config({ jitless: true });

/** One text in both languages of the platform; the server sends both, the page picks. */
export const localised = z.object({ en: z.string(), zh: z.string() });
export type Localised = z.infer<typeof localised>;

/** Anything that can check a value from the wire; every schema of this folder is one. */
export interface Wire<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: { message: string } };
}

export { z };
