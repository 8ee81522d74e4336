import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api/client";
import { App } from "./app/app";
import { applyLooks } from "./ui/preferences";
import "../../shared/tokens.css";
import "./ui/base.css";
import "./ui/controls.css";
import "./inbox/inbox.css";
import "./thread/thread.css";
import "./composer/composer.css";
import "./customer/customer.css";
import "./search/search.css";
import "./app/app.css";

applyLooks();

/** Sockets say what changed, so nothing is fetched again merely because time went by or a window was looked at. */
const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (count, error) => !(error instanceof ApiError && error.status < 500) && count < 2,
    },
  },
});

createRoot(document.getElementById("root") as HTMLElement).render(
  <QueryClientProvider client={client}>
    <App />
  </QueryClientProvider>,
);
