import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

import { fixture } from './dev/fixture/plugin'

/** Where `npm run dev` finds a running query API. */
const api = process.env.PARLANCE_API_URL ?? 'http://127.0.0.1:8080'

export default defineConfig(({ mode }) => ({
  plugins: [react(), ...(mode === 'fixture' ? [fixture()] : [])],
  // The page is served with `script-src 'self'; style-src 'self'`: nothing may be inlined into HTML or CSS.
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
  server: mode === 'fixture' ? {} : { proxy: { '/v1': api, '/openapi.json': api } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
}))
