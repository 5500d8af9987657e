import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [vue()],
  // `npm run dev` only: the built page asks its own origin, where nginx passes /api on.
  server: { proxy: { "/api": "http://localhost:7860" } },
});
