// Routes after the hash: `#/executions/<arn>?state=Charge`. A part is percent-encoded where it has to be; an ARN stays readable.

/** `{ parts: ["executions", arn], query: URLSearchParams }` of the page's address. */
export function currentRoute() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  return { parts: path.split("/").filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

/** The hash of a route: `link("machines", arn)`; an object as the last part is the query. */
export function link(...parts) {
  const query = typeof parts.at(-1) === "object" ? parts.pop() : {};
  const path = parts.map((part) => encodeURIComponent(part).replaceAll("%3A", ":")).join("/");
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return `#/${path}${pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : ""}`;
}

/** Goes to a route. `replaces` leaves no step in the browser's history: for what is chosen within a view. */
export function navigate(hash, { replaces = false } = {}) {
  if (hash === location.hash) return;
  if (replaces) {
    history.replaceState(null, "", hash);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else location.hash = hash;
}

/** Changes some parameters of the route and keeps the rest; one that is undefined or empty is taken away. */
export function changeQuery(changes) {
  const { parts, query } = currentRoute();
  const all = { ...Object.fromEntries(query), ...changes };
  navigate(link(...parts, all), { replaces: true });
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
