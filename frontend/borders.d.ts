export const MAY_IMPORT: Record<string, string[]>;
export const OPEN_TO_ALL: string[];
export const PACKAGE_HOMES: Record<string, string[]>;
export const PURE: string[];
