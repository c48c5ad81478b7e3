// Where the page begins.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./styles/tokens.css";
import "./styles/base.css";
import { App } from "./app/App";
import { fetchAhead } from "./app/pages";
import { reloadOnMissingPart } from "./app/reloadOnMissingPart";
import { watchPageErrors } from "./lib/pageErrors";

watchPageErrors();
reloadOnMissingPart();
fetchAhead(location.pathname);

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
