import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [react()],
  worker: { format: 'es' },
  resolve: {
    alias: {
      '@': source('./src'),
      // vtk.js pulls in xmlbuilder2 for file formats that are never read here; in a production build its
      // use of Node's `events` ends in "Class extends value undefined" (oozcitak/xmlbuilder2#216).
      xmlbuilder2: source('./src/viewer/engine/noXml.ts'),
    },
  },
  optimizeDeps: { exclude: ['@cornerstonejs/dicom-image-loader'], include: ['dicom-parser'] },
  build: {
    outDir: 'dist',
    assetsDir: 'assets',
    sourcemap: false,
    chunkSizeWarningLimit: 6000,
  },
  test: { environment: 'node', include: ['tests/**/*.test.{ts,tsx}'] },
});
