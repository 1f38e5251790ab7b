/**
 * Who may import whom below `src/`, and which package belongs to which folder.
 * ESLint's rules are made from this table; `tests/borders.test.ts` plants forbidden imports and expects red.
 */

/** The folder on the left may import from the folders on the right, and from itself. */
export const MAY_IMPORT = {
  contract: [],
  geometry: [],
  i18n: ['contract'],
  api: ['contract', 'i18n'],
  'viewer/engine': ['geometry'],
  ui: ['contract', 'i18n', 'api'],
  'rooms/login': ['contract', 'i18n', 'api', 'ui'],
  'rooms/worklist': ['contract', 'i18n', 'api', 'ui'],
  'rooms/engine': ['contract', 'i18n', 'api', 'ui'],
  'rooms/plugins': ['contract', 'i18n', 'api', 'ui'],
  'rooms/rules': ['contract', 'i18n', 'api', 'ui'],
  'rooms/acceptance': ['contract', 'i18n', 'api', 'ui'],
  'rooms/keys': ['contract', 'i18n', 'api', 'ui'],
  'rooms/archives': ['contract', 'i18n', 'api', 'ui'],
  'rooms/entitlements': ['contract', 'i18n', 'api', 'ui'],
  'rooms/catalogue': ['contract', 'i18n', 'api', 'ui'],
  'rooms/reporting': ['contract', 'i18n', 'api', 'ui'],
  'rooms/vendor': ['contract', 'i18n', 'api', 'ui'],
  'rooms/review': ['contract', 'i18n', 'api', 'ui'],
  'rooms/launch': ['contract', 'i18n', 'api', 'ui'],
  'rooms/viewer': ['contract', 'geometry', 'i18n', 'api', 'ui', 'viewer/engine'],
  /** The shell; rooms may use its key table and nothing else of it. */
  app: ['contract', 'i18n', 'api', 'ui', 'rooms/login', 'rooms/worklist', 'rooms/engine', 'rooms/plugins', 'rooms/rules', 'rooms/acceptance', 'rooms/archives', 'rooms/keys', 'rooms/entitlements', 'rooms/catalogue', 'rooms/reporting', 'rooms/vendor', 'rooms/review', 'rooms/launch', 'rooms/viewer'],
};

/** Files that every room may import although their folder is out of reach. */
export const OPEN_TO_ALL = ['app/keys', 'app/useKeys'];

/** A package on the left may be imported only below the folders on the right. */
export const PACKAGE_HOMES = {
  '@cornerstonejs/*': ['viewer/engine'],
  '@kitware/*': ['viewer/engine'],
  zod: ['contract'],
  i18next: ['i18n'],
  'react-i18next': ['i18n'],
};

/** Folders that stay free of React and of the browser's network: pure functions only. */
export const PURE = ['contract', 'geometry'];
