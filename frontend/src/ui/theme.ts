import { createTheme, type CSSVariablesResolver } from '@mantine/core';

/** Dark is the default: images are read in dark rooms. Shades run from text (0) to the app's ground (9). */
export const theme = createTheme({
  primaryColor: 'teal',
  primaryShade: 5,
  autoContrast: true,
  fontFamily: 'Inter, "Noto Sans CJK SC", system-ui, sans-serif',
  fontFamilyMonospace: 'ui-monospace, monospace',
  fontSizes: { xs: '11px', sm: '13px', md: '14px', lg: '17px', xl: '22px' },
  defaultRadius: 6,
  cursorType: 'pointer',
  respectReducedMotion: true,
  colors: {
    teal: ['#e3fbf9', '#c8f3ef', '#97e7e0', '#5ad1c8', '#3fd0c4', '#2bc9bc', '#1cb5a9', '#0f9f94', '#008a80', '#00766d'],
    dark: ['#d7dde5', '#b6c0cc', '#8a97a6', '#667485', '#333d49', '#1f262e', '#171c23', '#12161b', '#0b0d10', '#060708'],
  },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {},
  dark: {
    '--mantine-color-body': '#0b0d10',
    '--mantine-color-dimmed': '#8a97a6',
    '--mantine-color-default': '#171c23',
    '--mantine-color-default-hover': '#1f262e',
    '--mantine-color-default-border': '#2a333d',
    '--mantine-color-placeholder': '#7d8a99',
    '--mantine-color-error': '#ff6b6b',
  },
});
