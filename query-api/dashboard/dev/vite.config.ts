/** The page on invented data, for development only. */
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

import { fixture } from './fixture/plugin'

export default defineConfig({ root: `${import.meta.dirname}/..`, plugins: [react(), fixture()] })
