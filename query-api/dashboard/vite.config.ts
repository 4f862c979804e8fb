import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

/** Where `npm run dev` finds a running query API. */
const api = process.env.PARLANCE_API_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [react()],
  // The page is served with `script-src 'self'; style-src 'self'`: nothing may be inlined into HTML or CSS.
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
  // The API refuses foreign host names, hence the change of origin.
  server: {
    proxy: {
      '/v1': { target: api, changeOrigin: true },
      '/openapi.json': { target: api, changeOrigin: true },
    },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
})
