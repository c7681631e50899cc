// The session and the requests. Tokens are kept in memory alone: closing or reloading the page signs out.

/** What the API said no with. */
export class Refusal extends Error {
  constructor(status, code, detail) {
    super(detail || code || `The API answered ${status}.`);
    this.status = status;
    this.code = code;
  }
}

// A token is renewed this long before it is over.
const MARGIN_MS = 30_000;

let session = null;
let renewal = null;
let ended = () => {};

/** Calls `listener` when the session is over without anybody having signed out. */
export function onEnd(listener) {
  ended = listener;
}

/** Whether the one who is signed in may do what `scope` stands for. */
export function may(scope) {
  return session !== null && session.scopes.includes(scope);
}

/** Signs in with an email address or phone number and a password. */
export async function signIn(username, password) {
  session = await granted({ grant_type: "password", username, password });
}

/** Ends the session here, and as far as possible there. */
export async function signOut() {
  const last = session;
  session = null;
  if (last) await send("POST", "api/v1/auth/logout", { refreshToken: last.refresh }).catch(() => {});
}

/** Asks for what `path` names; `path` is relative to the page's own address. */
export function get(path) {
  return asked("GET", path);
}

/** Sends `body` as JSON. */
export function post(path, body) {
  return asked("POST", path, body);
}

async function asked(method, path, body) {
  if (session && Date.now() > session.until - MARGIN_MS) await renewed();
  const answer = await send(method, path, body);
  if (answer.status !== 401) return read(answer);
  await renewed();
  return read(await send(method, path, body));
}

/** A refresh token is good for once, so that everybody waits for the same renewal. */
function renewed() {
  renewal ??= granted({ grant_type: "refresh_token", refresh_token: session?.refresh ?? "" })
    .then((next) => {
      // Who signed out meanwhile stays signed out.
      if (session) session = next;
    }, (problem) => {
      if (!(problem instanceof Refusal) || problem.status >= 500) throw problem;
      session = null;
      ended();
      throw new Refusal(401, "session_over", "Your session is over. Sign in again.");
    })
    .finally(() => {
      renewal = null;
    });
  return renewal;
}

async function granted(form) {
  const answer = await reached(() => fetch("token", { method: "POST", body: new URLSearchParams(form), credentials: "omit" }));
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const wrong = body.error === "invalid_grant" && form.grant_type === "password";
    throw new Refusal(answer.status, body.error, wrong ? "Wrong login or password." : body.error_description);
  }
  return {
    access: body.access_token,
    refresh: body.refresh_token,
    scopes: (body.scope ?? "").split(" ").filter(Boolean),
    until: Date.now() + body.expires_in * 1000,
  };
}

function send(method, path, body) {
  const headers = { accept: "application/json" };
  if (session) headers.authorization = `Bearer ${session.access}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  return reached(() => fetch(path, { method, headers, credentials: "omit", body: body === undefined ? undefined : JSON.stringify(body) }));
}

async function reached(ask) {
  try {
    return await ask();
  } catch {
    throw new Refusal(0, "unreachable", "The API can't be reached.");
  }
}

async function read(answer) {
  const body = answer.status === 204 ? null : await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  if (answer.status === 403 && body.code === "insufficient_scope") {
    throw new Refusal(403, body.code, `Your account may not do this: it lacks the scope ${body.scope}.`);
  }
  throw new Refusal(answer.status, body.code, body.errors?.[0] ? `${body.detail} ${body.errors[0].pointer} ${body.errors[0].detail}.` : body.detail);
}
