/** How the page is built: relative addresses throughout, so that it works below any prefix. */
import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const ADMIN_API = process.env['CARDINAL_ADMIN_URL'] ?? 'http://127.0.0.1:8001';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react(), tailwind()],
  build: {
    target: 'es2023',
    outDir: 'dist',
    emptyOutDir: true,
    chunkSizeWarningLimit: 1000,
    // Nothing inline: the policy of the page forbids data in scripts and styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    license: { fileName: 'licences.md' },
  },
  // `npm run -w admin-ui dev`: the page from here, the API from a gateway.
  server: {
    host: '127.0.0.1',
    proxy: { '^/(?!ui/|src/|node_modules/|@)': { target: ADMIN_API, changeOrigin: true } },
  },
});
