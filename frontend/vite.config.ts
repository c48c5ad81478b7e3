// How the page is built, served while it is worked on, and tested.
// `vite` proxies the api on 127.0.0.1:8080; `vite --mode mock` answers by itself from src/testing.
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const api = process.env.BERTH_API ?? "http://127.0.0.1:8080";

export default defineConfig(async ({ mode }): Promise<ViteUserConfig> => ({
  plugins: [react(), ...(mode === "mock" ? [(await import("./src/testing/mock/plugin.ts")).mockApi()] : [])],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: {
    host: "127.0.0.1",
    proxy: mode === "mock" ? undefined : { "/api": { target: api, ws: true, changeOrigin: false } },
  },
  build: {
    target: "es2022",
    assetsDir: "assets",
    // No file is put into the page as text: the page's policy allows files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What every page needs and no release changes: kept by browsers over updates, packed best as one.
            {
              name: "vendor",
              test: /node_modules\/(react|react-dom|scheduler|@tanstack\/(react-query|query-core)|wouter)\//,
              tags: ["$initial"],
            },
            {
              name: "app",
              test: /src\/(styles|lib|app\/|components\/ui\/(Icon|icons|Button|Mark|StatusPill|Slots|Banner|Menu\.|PageFailed|Toast\.|Skeleton|Field\.))/,
              tags: ["$initial"],
            },
            // What the door and home have both: apart from the parts, which the door has not.
            { name: "fields", test: /src\/components\/ui\/Field/ },
            // Small parts that several pages share: packed better, and fetched sooner, as one.
            {
              name: "parts",
              test: /src\/(components\/ui\/(StatusPill|Skeleton|Slots)|lib\/(useDelayed|clipboard)|features\/desktops\/(api\/useLists|useStartBlock|status|allowance|reasons|templates|useRowActions|DesktopsContext|components\/(RowActions|TemplateChoice|DesktopsContext|ObstacleNote)))/,
            },
          ],
        },
      },
    },
  },
  test: {
    environment: "jsdom",
    setupFiles: ["./src/testing/setup.ts"],
    testTimeout: 15_000,
    include: ["src/**/*.test.{ts,tsx}"],
    css: { modules: { classNameStrategy: "non-scoped" } },
    restoreMocks: true,
    unstubGlobals: true,
  },
}));
