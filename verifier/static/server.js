// The one way to the venue's server: a POST with an answer in JSON, or a Refusal that says why there is none.
// Nothing is kept: no storage, no cache, no address that holds anything of a guest.

export class Refusal extends Error {
  /** status is that of HTTP, 0 where the server could not be reached. */
  constructor(status) {
    super(`refused with ${status}`);
    this.status = status;
  }
}

/** Send a JSON object, or a Blob of an image, and return the JSON of the answer. */
export async function ask(path, body, signal) {
  const isImage = body instanceof Blob;
  const query = new URLSearchParams({ lang: document.documentElement.lang });
  const rules = document.getElementById("rules")?.value;
  if (rules) query.set("rules", rules);
  if (isKiosk()) query.set("kiosk", "");
  let response;
  try {
    response = await fetch(`${path}?${query}`, {
      method: "POST",
      headers: { "content-type": isImage ? body.type || "application/octet-stream" : "application/json" },
      body: isImage ? body : JSON.stringify(body),
      cache: "no-store",
      redirect: "error",
      signal,
    });
    if (response.ok) return await response.json();
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw new Refusal(0);
  }
  throw new Refusal(response.status);
}

/** Tell the server that nobody waits for an answer any more, also while the page is being left. */
export function withdraw(transaction) {
  fetch("/page/cancel", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ transaction }),
    keepalive: true,
  }).catch(() => {});
}

export function isKiosk() {
  return "kiosk" in document.documentElement.dataset;
}
