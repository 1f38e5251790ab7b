import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';
import { MAY_IMPORT, OPEN_TO_ALL, PACKAGE_HOMES, PURE } from './borders.js';

const folders = Object.keys(MAY_IMPORT);

/** Patterns that code below `folder` may not import. */
function forbiddenFor(folder) {
  const allowed = [folder, ...MAY_IMPORT[folder]];
  const others = folders.filter((other) => !allowed.includes(other));
  const reopened = folder.startsWith('rooms/') ? OPEN_TO_ALL : [];
  const patterns = [
    {
      group: ['../*'],
      message: 'Write "@/folder/file": the border check reads the folder from the path.',
    },
  ];
  if (others.length > 0) {
    patterns.push({
      group: [
        ...others.map((other) => `@/${other}/**`),
        ...reopened.map((one) => `!@/${one}`),
      ],
      message: `"${folder}" may import only: ${MAY_IMPORT[folder].join(', ') || 'nothing'} (borders.js).`,
    });
  }
  for (const [packageName, homes] of Object.entries(PACKAGE_HOMES)) {
    if (!homes.includes(folder)) {
      patterns.push({ group: [packageName], message: `Only ${homes.join(', ')} may import ${packageName} (borders.js).` });
    }
  }
  if (PURE.includes(folder)) {
    patterns.push({ group: ['react', 'react-dom', 'react-dom/*', '@mantine/*', '@tanstack/*'], message: `"${folder}" stays pure (borders.js).` });
  }
  return patterns;
}

/** One entry per folder; a deeper folder comes later, so that its own row decides. */
const borders = [...folders]
  .sort((one, other) => one.split('/').length - other.split('/').length)
  .map((folder) => ({
    files: [`src/${folder}/**/*.{ts,tsx}`],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: forbiddenFor(folder) }] },
  }));

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**'] },
  ...tseslint.configs.recommended,
  reactHooks.configs.flat['recommended-latest'],
  {
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      // The React compiler is not used; the virtual list is the one place where this would speak.
      'react-hooks/incompatible-library': 'off',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 12],
      'no-console': 'error',
    },
  },
  ...borders,
  { files: ['dev/**', 'tests/**'], rules: { 'no-console': 'off' } },
);
